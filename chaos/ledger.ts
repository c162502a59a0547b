/** What was sent and what was answered, kept in memory. */
import { contentOf, type KnownEvent } from "./events.ts";

/** A call that got an answer, or none; times in milliseconds since the Unix epoch. */
export interface Call {
  path: string;
  startedAt: number;
  endedAt: number;
  /** 0 where there was no answer, or not all of one. */
  status: number;
  /** `X-Request-Id`; undefined where the functions have not seen the call. */
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
  /** By content, when it was first sent. */
  contents: Map<string, number>;
  /** First and last answer that said it was taken. */
  first: { startedAt: number; endedAt: number } | undefined;
  lastStartedAt: number;
}

export class Ledger {
  readonly calls: Call[] = [];
  readonly taken: Taken[] = [];
  /** By client, then by event id. */
  readonly events = new Map<string, Map<string, Known>>();
  /** Answers that no client should ever get, a sentence each. */
  readonly complaints: string[] = [];
  /** Resent events that were refused as being in conflict with what was sent after them: wrong unless Redis forgot them. */
  readonly conflicts: { name: string; startedAt: number }[] = [];
  /** Events of requests that got no answer or a 5xx: with SQS, nobody knows at first whether they are queued. */
  uncertain = 0;
  /** Item errors by their code, answers by their status, and calls without an answer. */
  readonly tally = new Map<string, number>();

  count(name: string, by = 1): void {
    this.tally.set(name, (this.tally.get(name) ?? 0) + by);
  }

  /** Before a request goes out: whatever comes of it, its events may be stored. */
  sending(clientId: string, events: readonly KnownEvent[], at: number): void {
    const known = this.#of(clientId);
    for (const event of events) {
      const entry = known.get(event.id) ?? { contents: new Map(), first: undefined, lastStartedAt: 0 };
      const content = contentOf(event);
      if (!entry.contents.has(content)) entry.contents.set(content, at);
      known.set(event.id, entry);
    }
  }

  /** An answer said of these events that they were taken, now or before. */
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

  /** An item was refused as being in conflict. */
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
