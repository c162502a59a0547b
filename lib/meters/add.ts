/** Adds the events of a transaction to meters. */
import type { Executor } from "../postgres/client.ts";
import { cellsOf, type LiveMeter, type MeteredEvent } from "./cells.ts";
import { addCells, utcTimes } from "./sql/add-to-meters.ts";

/** The form in which ingest writes a time: UTC, with three fractional digits or six. */
const CANONICAL = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}(?:\d{3})?Z$/;

/**
 * Adds events to the meters that count them. It returns as soon as the statement is on its way, so that others can follow in the same
 * round trip.
 * @param meters as the statement that stored these events has read them
 * @param slot of the transaction
 * @returns what resolves when the statement has succeeded; it must be awaited before the transaction ends
 */
export async function addToMeters(
  sql: Executor,
  meters: readonly LiveMeter[],
  events: readonly MeteredEvent[],
  slot: number,
): Promise<{ sent: Promise<unknown> }> {
  const cells = cellsOf(meters, await inUtc(sql, events));
  const sent = cells.length === 0 ? Promise.resolve() : addCells(sql, cells, slot);
  // If the caller fails before it awaits this, nobody does.
  sent.catch(() => {});
  return { sent };
}

/** The events with canonical times. PostgreSQL converts others, such as those with more than six digits, which it rounds. */
async function inUtc(sql: Executor, events: readonly MeteredEvent[]): Promise<readonly MeteredEvent[]> {
  const others = new Set<string>();
  let last = "";
  for (const { timestamp } of events) {
    if (timestamp === last) continue;
    last = timestamp;
    if (!CANONICAL.test(timestamp)) others.add(timestamp);
  }
  if (others.size === 0) return events;
  const converted = await utcTimes(sql, [...others]);
  return events.map((event) => ({
    ...event,
    timestamp: converted.get(event.timestamp) ?? event.timestamp,
  }));
}
