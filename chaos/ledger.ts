/** Records requests and responses in memory. */
import { contentOf, type KnownEvent } from "./events.ts";

/** A call, with or without a response; times in milliseconds since the Unix epoch. */
export interface Call {
  path: string;
  startedAt: number;
  endedAt: number;
  /** 0 if there was no complete response. */
  status: number;
  /** `X-Request-Id`; undefined if the functions have not seen the call. */
  requestId: string | undefined;
}

/** A 202. */
export interface Taken extends Call {
  clientId: string;
  receiptId: string;
  accepted: number;
  duplicates: number;
}

/** One event id of a client. */
export interface Known {
  /** Time of the first sending, by content. */
  contents: Map<string, number>;
  /** First and last response that acknowledged it. */
  first: { startedAt: number; endedAt: number } | undefined;
  lastStartedAt: number;
}

export class Ledger {
  readonly calls: Call[] = [];
  readonly taken: Taken[] = [];
  /** By client, then by event id. */
  readonly events = new Map<string, Map<string, Known>>();
  /** A sentence for each response that no client should ever get. */
  readonly complaints: string[] = [];
  /** Resent events refused as conflicts with events that were sent after them: wrong, unless Redis forgot their ids. */
  readonly conflicts: { name: string; startedAt: number }[] = [];
  /** Events of requests without a response or with a 5xx: with SQS, it is unknown at first whether they are queued. */
  uncertain = 0;
  /** Item errors by code, responses by status, and calls without a response. */
  readonly tally = new Map<string, number>();

  count(name: string, by = 1): void {
    this.tally.set(name, (this.tally.get(name) ?? 0) + by);
  }

  /** Call before a request is sent: whatever its outcome, its events may be stored. */
  sending(clientId: string, events: readonly KnownEvent[], at: number): void {
    const known = this.#of(clientId);
    for (const event of events) {
      const entry = known.get(event.id) ?? { contents: new Map(), first: undefined, lastStartedAt: 0 };
      const content = contentOf(event);
      if (!entry.contents.has(content)) entry.contents.set(content, at);
      known.set(event.id, entry);
    }
  }

  /** Call when a response acknowledges these events, as new or as duplicates. */
  acknowledged(
    clientId: string,
    events: readonly KnownEvent[],
    { startedAt, endedAt }: Pick<Call, "startedAt" | "endedAt">,
  ): void {
    const known = this.#of(clientId);
    for (const { id } of events) {
      const entry = known.get(id);
      if (!entry) continue;
      if (entry.first === undefined || endedAt < entry.first.endedAt) entry.first = { startedAt, endedAt };
      entry.lastStartedAt = Math.max(entry.lastStartedAt, startedAt);
    }
  }

  /** Call when an item was refused as a conflict. */
  conflicted(clientId: string, event: KnownEvent, startedAt: number): void {
    const name = `${clientId} ${event.id}`;
    const entry = this.#of(clientId).get(event.id);
    const mine = contentOf(event);
    const others = [...(entry?.contents ?? [])].filter(([content]) => content !== mine);
    if (others.length === 0) this.complaints.push(`An event got event-conflict without a conflict: ${name}`);
    const acknowledgedAt = entry?.first?.endedAt ?? Number.POSITIVE_INFINITY;
    if (acknowledgedAt < startedAt && others.every(([, at]) => at > acknowledgedAt))
      this.conflicts.push({ name, startedAt });
  }

  #of(clientId: string): Map<string, Known> {
    const known = this.events.get(clientId) ?? new Map<string, Known>();
    this.events.set(clientId, known);
    return known;
  }
}
