/**
 * Decides whether an event whose id Redis has seen with another digest really has other content. Redis can't know: a later
 * request may have marked the id after the first one's mark was lost or expired. PostgreSQL is authoritative.
 */
import { isDeepStrictEqual } from "node:util";
import { eventKey } from "../base/ids.ts";
import { parseExact } from "../base/json.ts";
import type { Log } from "../base/log.ts";
import { ERASED } from "../erasure/subject.ts";
import type { Database } from "../postgres/client.ts";
import { type EventLine, parseLine, parseSetAside } from "../queue/message.ts";
import type { IncomingEvent } from "./event.ts";
import type { Admitted, Outcome, Submission } from "./intake.ts";
import { type MatchRow, matchEvents } from "./sql/match-events.ts";

/**
 * `same`: a duplicate of the stored or the quarantined event; `other`: not a duplicate; `absent`: no event is stored with
 * the id; `unknown`: PostgreSQL did not answer.
 */
export type Verdict = "same" | "other" | "absent" | "unknown";

/** How long a request waits for PostgreSQL, in milliseconds. */
const WAIT_MS = 2_000;

interface Servers {
  sql: Database;
  log: Log;
}

/**
 * Decides on the conflicts among a request's outcomes. Never rejects.
 * @param decide returns an item's new outcome. `isSecond`: an earlier item of the request with its id is accepted
 */
export async function judge(
  servers: Servers,
  { batch: { valid } }: Pick<Submission, "batch">,
  { outcomes, owner }: Pick<Admitted, "outcomes" | "owner">,
  decide: (verdict: Verdict, isSecond: boolean) => Outcome,
): Promise<Outcome[]> {
  const accepted = new Set(
    valid.filter((_, item) => outcomes[item] === "accepted").map(({ eventId }) => eventId),
  );
  const doubtful = valid.filter((_, item) => outcomes[item] === "conflict");
  const verdicts = await compareWithStored(servers, owner ?? "", doubtful);
  let next = 0;
  return outcomes.map((outcome) => {
    if (outcome !== "conflict") return outcome;
    const isSecond = accepted.has(doubtful[next]?.eventId ?? "");
    return decide(verdicts[next++] ?? "unknown", isSecond);
  });
}

/** Compares a client's events with the events in PostgreSQL that have the same ids. */
async function compareWithStored(
  { sql, log }: Servers,
  clientId: string,
  events: readonly IncomingEvent[],
): Promise<Verdict[]> {
  // Of an event that is set aside, quarantine holds the line without the reason.
  const lines = events.map(({ line }) => parseSetAside(line)?.line ?? line);
  const sent = lines.map(parseLine);
  const lookups = sent.map((event, position) => ({
    ...event,
    timestamp: events[position]?.untimed ? null : event.timestamp,
    eventKey: eventKey(event.eventId),
    payloadBytes: Buffer.byteLength(event.payload),
    lineBytes: Buffer.byteLength(lines[position] ?? ""),
  }));
  const tooLate = Promise.withResolvers<never>();
  const timer = setTimeout(() => tooLate.reject(new Error("PostgreSQL did not answer in time.")), WAIT_MS);
  try {
    const rows = await Promise.race([matchEvents(sql, clientId, lookups, ERASED), tooLate.promise]);
    return sent.map((event, position) =>
      verdictOf(event, rows[position], events[position]?.untimed === true),
    );
  } catch (error) {
    log.warn("conflict-not-checked", { client_id: clientId, error: error as Error });
    return sent.map(() => "unknown");
  } finally {
    clearTimeout(timer);
  }
}

function verdictOf(event: EventLine, row: MatchRow | undefined, untimed: boolean): Verdict {
  if (row === undefined) return "unknown";
  if (row.stored) {
    const same = row.payload === ERASED || (row.payload !== null && isSame(row.payload, event.payload));
    return same ? "same" : "other";
  }
  return row.line !== null && isSameLine(row.line.toString(), event, untimed) ? "same" : "absent";
}

/** Equal up to the order of members; numbers by their digits. */
const isSame = (one: string, other: string): boolean =>
  one === other || isDeepStrictEqual(parseExact(one), parseExact(other));

function isSameLine(line: string, event: EventLine, untimed: boolean): boolean {
  try {
    const { eventId, eventType, timestamp, payload } = parseLine(line);
    return (
      eventId === event.eventId &&
      eventType === event.eventType &&
      (untimed || timestamp === event.timestamp) &&
      (payload === ERASED || isSame(payload, event.payload))
    );
  } catch {
    // A line that can't be parsed differs from any event sent.
    return false;
  }
}
