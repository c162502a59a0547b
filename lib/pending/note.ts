/** The note of a pending receipt, as the ingest scripts write it to Redis; see `notesLua`. */
export interface Note {
  /** Undefined for a message that belongs to no receipt. */
  clientId: string | undefined;
  /** Accepted events. */
  events: number;
  /** In milliseconds since the Unix epoch. */
  receivedAt: number;
  /** True if the queue may still refuse some of it: `parts` then lists the settled parts, else those that wait. */
  sending: boolean;
  /** Events by part. */
  parts: ReadonlyMap<number, number>;
}

export function parseNote(text: string): Note {
  const [client = "", events, receivedAt, state, parts = ""] = text.split(" ");
  return {
    clientId: client === "*" ? undefined : client,
    events: Number(events),
    receivedAt: Number(receivedAt),
    sending: state === "s",
    parts: new Map(
      [...parts.matchAll(/(\d+):(\d+)x?,/g)].map(([, part, count]) => [Number(part), Number(count)]),
    ),
  };
}
