/** Partitions of `events` (a week each, from Monday 00:00 UTC), `audit_log` and `audit_personal` (a day each). */
import { DAY_MS } from "../base/time.ts";
import type { Config } from "../config/config.ts";
import type { Database } from "../postgres/client.ts";
import { newSteps, type Steps, step } from "../postgres/lock-retry.ts";
import { readAuditHorizon, readHorizon } from "./sql/horizon.ts";
import {
  attachPartition,
  hasRows,
  listDefaultPeriods,
  listPartitions,
  lockPartitions,
  makePartition,
  moveDefaultRows,
  type PartitionBounds,
} from "./sql/partitions.ts";

const DAYS_AHEAD = 35;

type Parent = PartitionBounds["parent"];

/** Tables of an audit row and of its personal data. */
export const AUDIT_PARENTS = ["audit_log", "audit_personal"] as const satisfies Parent[];

/** How each table is partitioned. Weeks start on Monday; 1970-01-05 was one. */
const CUTS = {
  events: { table: "events_default", column: "event_time", stepMs: 7 * DAY_MS, originMs: 4 * DAY_MS },
  audit_log: { table: "audit_log_default", column: "at", stepMs: DAY_MS, originMs: 0 },
  audit_personal: { table: "audit_personal_default", column: "at", stepMs: DAY_MS, originMs: 0 },
} as const;

/**
 * Start of the partition that contains a time.
 * @param ms milliseconds since the Unix epoch, as is the result
 */
export function partitionStart(parent: Parent, ms: number): number {
  const { stepMs, originMs } = CUTS[parent];
  return Math.floor((ms - originMs) / stepMs) * stepMs + originMs;
}

/** @param start of the partition, in milliseconds since the Unix epoch */
function partitionAt(parent: Parent, start: number): PartitionBounds {
  const from = new Date(start).toISOString();
  const name = `${parent}_${from.slice(0, 10).replaceAll("-", "")}`;
  return { parent, name, from, to: new Date(start + CUTS[parent].stepMs).toISOString() };
}

/** End of the partition with this name, in milliseconds since the Unix epoch; undefined for DEFAULT. */
export function partitionEnd(parent: Parent, name: string): number | undefined {
  const [, year, month, day] = new RegExp(`^${parent}_(\\d{4})(\\d\\d)(\\d\\d)$`).exec(name) ?? [];
  return year === undefined ? undefined : Date.parse(`${year}-${month}-${day}`) + CUTS[parent].stepMs;
}

/**
 * Full days from now until the first time for which `events` has no partition; 0 if it has none for now.
 * @param names of the attached partitions
 * @param now milliseconds since the Unix epoch
 */
export function runwayDays(names: ReadonlySet<string>, now: number): number {
  let end = partitionStart("events", now);
  while (names.has(partitionAt("events", end).name)) end += CUTS.events.stepMs;
  return Math.max(0, Math.floor((end - now) / DAY_MS));
}

export type PartitionSettings = Pick<Config, "retentionDays" | "auditRetentionDays">;

/**
 * Creates every partition that an event accepted now may belong to (back to the retention limit, since late events are
 * accepted up to it), those of the next 35 days, and those of rows in DEFAULT, which it moves there. Safe to run at any
 * time and concurrently.
 * @param now milliseconds since the Unix epoch
 * @returns names of the created partitions
 * @throws the errors of `step`
 */
export async function ensurePartitions(
  sql: Database,
  settings: PartitionSettings,
  now: number = Date.now(),
  steps: Steps = newSteps(sql),
): Promise<string[]> {
  const made: string[] = [];
  for (const parent of ["events", ...AUDIT_PARENTS] as const)
    made.push(...(await ensureOf(parent, settings, now, steps)));
  return made;
}

async function ensureOf(
  parent: Parent,
  settings: PartitionSettings,
  now: number,
  steps: Steps,
): Promise<string[]> {
  const { sql } = steps;
  // Not before the horizon: that data expires, and a detached partition may still have the name.
  const first = Math.max(oldestKept(parent, settings, now), await horizonOf(parent, sql));
  const occupied = await listDefaultPeriods(sql, CUTS[parent], new Date(first).toISOString());
  const starts = [...wantedStarts(parent, first, now), ...occupied].sort((a, b) => a - b);
  const attached = await listPartitions(sql);
  const missing = [...new Set(starts)]
    .map((start) => ({ ...partitionAt(parent, start), occupied: occupied.includes(start) }))
    .filter(({ name }) => !attached.has(name));
  const made: string[] = [];
  const make = async (partitions: typeof missing): Promise<void> => {
    if (partitions.length > 0)
      made.push(...(await step(steps, `make partitions of ${parent}`, (tx) => makeMissing(tx, partitions))));
  };
  // Empty ones in one transaction; each that takes rows out of DEFAULT separately, since moving rows blocks writers.
  await make(missing.filter((partition) => !partition.occupied));
  for (const partition of missing.filter((one) => one.occupied)) await make([partition]);
  return made;
}

async function horizonOf(parent: Parent, sql: Database): Promise<number> {
  return parent === "events"
    ? (await readHorizon(sql)).horizon.ms
    : Date.parse((await readAuditHorizon(sql)).day);
}

/** Start of the oldest partition within retention, in milliseconds since the Unix epoch. */
export const oldestKept = (
  parent: Parent,
  { retentionDays, auditRetentionDays }: PartitionSettings,
  now: number,
): number =>
  partitionStart(parent, now - (parent === "events" ? retentionDays : auditRetentionDays) * DAY_MS);

function wantedStarts(parent: Parent, first: number, now: number): number[] {
  const { stepMs } = CUTS[parent];
  // Calls are recorded within a day; `ensureOf` finds those that waited in the queue for longer in DEFAULT.
  const from = parent === "events" ? partitionStart(parent, first) : partitionStart(parent, now - DAY_MS);
  const starts: number[] = [];
  for (let start = from; start < now + DAYS_AHEAD * DAY_MS; start += stepMs) starts.push(start);
  return starts;
}

async function makeMissing(
  tx: Parameters<typeof makePartition>[0],
  partitions: readonly PartitionBounds[],
): Promise<string[]> {
  await lockPartitions(tx);
  // Another process may have created some of them in the meantime.
  const attached = await listPartitions(tx);
  const missing = partitions.filter(({ name }) => !attached.has(name));
  for (const partition of missing) {
    const { table, column } = CUTS[partition.parent];
    const { from, to } = partition;
    await makePartition(tx, partition);
    if (await hasRows(tx, { table, column, from, to })) await moveDefaultRows(tx, partition, column);
    await attachPartition(tx, partition);
  }
  return missing.map(({ name }) => name);
}
