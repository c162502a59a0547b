/** Adds the events of a transaction to meters. */

import { setImmediate as nextTurn } from "node:timers/promises";
import type { Executor } from "../postgres/client.ts";
import { type Cell, cellsOf, type LiveMeter, type MeteredEvent } from "./cells.ts";
import { forgetMeter, knownMeters, rememberMeter } from "./known-meters.ts";
import { addCells, utcTimes } from "./sql/add-to-meters.ts";

/** The form in which ingest writes a time: UTC, with three fractional digits or six. */
const CANONICAL = /^\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}(?:\d{3})?Z$/;

/** What events add to meters that may count them, by the meter's id. */
export type Expected = ReadonlyMap<string, { meter: LiveMeter; cells: readonly Cell[] }>;

const NONE: Expected = new Map();

/**
 * Computes what events add to the meters that this process knows. To be called when the statement that stores them is on its way, so
 * that it takes no time of the transaction.
 */
export async function expectCells(events: readonly MeteredEvent[]): Promise<Expected> {
  const meters = knownMeters(events);
  if (meters.length === 0 || otherTimes(events).size > 0) return NONE;
  // Until then the statement may not be sent.
  await nextTurn();
  const cells = Map.groupBy(cellsOf(meters, events), ({ meter }) => meter);
  return new Map(meters.map((meter) => [meter.id, { meter, cells: cells.get(meter.id) ?? [] }]));
}

/**
 * Adds events to the meters that count them. It returns as soon as the statement is on its way, so that others can follow in the same
 * round trip.
 * @param meters as the statement that stored these events has read them
 * @param slot of the transaction
 * @param expected for exactly these events, or nothing
 * @returns what resolves when the statement has succeeded; it must be awaited before the transaction ends
 */
export async function addToMeters(
  sql: Executor,
  meters: readonly LiveMeter[],
  events: readonly MeteredEvent[],
  slot: number,
  expected: Expected = NONE,
): Promise<{ sent: Promise<unknown> }> {
  const cells = meters.every(({ id }) => expected.has(id))
    ? meters.flatMap(({ id }) => expected.get(id)?.cells ?? [])
    : cellsOf(meters, await inUtc(sql, events));
  const sent = cells.length === 0 ? Promise.resolve() : addCells(sql, cells, slot);
  // If the caller fails before it awaits this, nobody does.
  sent.catch(() => {});
  return { sent };
}

/** Corrects what this process knows. @param meters as the statement has read them */
export function learnMeters(meters: readonly LiveMeter[], expected: Expected): void {
  const live = new Set(meters.map(({ id }) => id));
  for (const meter of meters) if (!expected.has(meter.id)) rememberMeter(meter);
  // The statement was not asked for a meter without such events.
  for (const { meter, cells } of expected.values())
    if (cells.length > 0 && !live.has(meter.id)) forgetMeter(meter);
}

/** The events with canonical times. PostgreSQL converts others, such as those with more than six digits, which it rounds. */
async function inUtc(sql: Executor, events: readonly MeteredEvent[]): Promise<readonly MeteredEvent[]> {
  const others = otherTimes(events);
  if (others.size === 0) return events;
  const converted = await utcTimes(sql, [...others]);
  return events.map((event) => ({
    ...event,
    timestamp: converted.get(event.timestamp) ?? event.timestamp,
  }));
}

/** Times in other forms than ingest writes. */
function otherTimes(events: readonly MeteredEvent[]): Set<string> {
  const others = new Set<string>();
  let last = "";
  for (const { timestamp } of events) {
    if (timestamp === last) continue;
    last = timestamp;
    if (!CANONICAL.test(timestamp)) others.add(timestamp);
  }
  return others;
}
