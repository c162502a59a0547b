/** Checks whether the servers accept writes: over HTTP, and on a schedule that records the results. */

import type { z } from "zod";
import { auditGaps } from "../audit/record/gaps.ts";
import { uuidv7 } from "../base/ids.ts";
import type { Unit } from "../base/metrics.ts";
import { DAY_MS, FIRST_MS, type Instant, instantOf, parseTime, shortenTime } from "../base/time.ts";
import { version } from "../base/version.ts";
import { readWaiting, type WaitingDeps } from "../events/waiting.ts";
import { decodeCursor, encodeCursor, isTimePart } from "../http/cursor.ts";
import type { Database } from "../postgres/client.ts";
import { type HealthRow, headerMessage } from "../queue/message.ts";
import type { Queue } from "../queue/port.ts";
import { probeShard } from "../redis/probe.ts";
import { runwayDays } from "../storage/partitions.ts";
import { readPartitionState } from "../storage/sql/partitions.ts";
import type * as contract from "./contract.ts";
import { databaseSettings, redisSettings } from "./server-settings.ts";
import { countHealth, insertHealth, listHealth } from "./sql/health.ts";
import { probeWrite } from "./sql/probe-write.ts";
import { readLoad } from "./sql/read-load.ts";

type Health = z.output<typeof contract.healthSchema>;
type History = z.output<(typeof contract.getHealthHistory.responses)[200]>;
type Check = Health["checks"]["database"];

/** A server that takes longer counts as down. */
const CHECK_TIMEOUT_MS = 1_000;
type HealthDeps = WaitingDeps & { queue: Queue };

/** How long a result is shared among callers, in milliseconds: anybody may call, and each check costs a write. */
const SHARED_MS = 1_000;

/** The latest result of each instance. */
const latest = new WeakMap<HealthDeps, { begun: number; found: Promise<Health> }>();

/** As {@link checkHealth}, with one check for all who call within a second of its start. */
export function recentHealth(deps: HealthDeps): Promise<Health> {
  const known = latest.get(deps);
  if (known && performance.now() - known.begun < SHARED_MS) return known.found;
  const found = checkHealth(deps);
  latest.set(deps, { begun: performance.now(), found });
  return found;
}

/**
 * Writes to the database, every shard of Redis and the queue in parallel, each for a second at most: a server may answer
 * reads and refuse writes. The write is rolled back or expires. Never rejects.
 *
 * Unsafe settings, partitions that run out and audit rows that are only in a log are not an outage: they are reported and
 * do not change the status.
 */
export async function checkHealth(deps: HealthDeps): Promise<Health> {
  const { sql, redis, shards, queue } = deps;
  const at = new Date().toISOString();
  const [database, cache, messages, partitions, audit, databaseSet, redisSet] = await Promise.all([
    check(() => probeWrite(sql)),
    check(() => Promise.all(shards.all.map((shard) => probeShard(redis, shard)))),
    check(() => Promise.all([queue.depth(), queue.probe()])),
    valueWithin(() => partitionState(sql)),
    valueWithin(() => auditGaps(sql)),
    valueWithin(() => databaseSettings(deps)),
    valueWithin(() => redisSettings(deps)),
  ]);
  const checks = { database, redis: cache, queue: messages };
  const ok = Object.values(checks).every(({ status }) => status === "up");
  return {
    status: ok ? "ok" : "unavailable",
    at,
    checks,
    settings: { database: databaseSet, redis: redisSet },
    partitions,
    audit,
    version,
  };
}

async function partitionState(sql: Database): Promise<Health["partitions"]> {
  const { names, defaultRows } = await readPartitionState(sql);
  return { runway_days: runwayDays(names, Date.now()), default_rows: defaultRows };
}

/** Null if it did not resolve in time. */
async function valueWithin<T>(ask: () => Promise<T>): Promise<T | null> {
  let value: T | null = null;
  await within(CHECK_TIMEOUT_MS, async () => {
    value = await ask();
  });
  return value;
}

async function check(ask: () => Promise<unknown>): Promise<Check> {
  const start = performance.now();
  const answered = await within(CHECK_TIMEOUT_MS, ask);
  const latency_ms = Math.round((performance.now() - start) * 10) / 10;
  return { status: answered ? "up" : "down", latency_ms };
}

/** True if the promise resolved in time; never rejects. */
async function within(timeoutMs: number, ask: () => Promise<unknown>): Promise<boolean> {
  const timeout = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => timeout.resolve(false), timeoutMs);
  const answer = ask().then(
    () => true,
    () => false,
  );
  return Promise.race([answer, timeout.promise]).finally(() => clearTimeout(timer));
}

/**
 * Checks, and records the result: in the database; through the queue if the database is down; in the log if both are.
 */
export async function recordHealth(deps: HealthDeps): Promise<Health> {
  // Notes that Redis holds although they are settled must not add to the age that an alarm watches.
  await within(CHECK_TIMEOUT_MS, () => readWaiting(deps, null));
  const health = await checkHealth(deps);
  const { status, checks, settings } = health;
  if ([settings.database, settings.redis].some((found) => found && found.weak.length > 0))
    deps.log.warn("weak-settings", { settings });
  const row: HealthRow = { at: health.at, status, checks };
  const write = (): Promise<void> => insertHealth(deps.sql, [row]);
  // A query to a database that just did not answer could take all of the function's time.
  if (checks.database.status === "up" && (await within(CHECK_TIMEOUT_MS, write))) return health;
  const queued = await within(CHECK_TIMEOUT_MS, () =>
    deps.queue.send([
      headerMessage({ v: 1, id: uuidv7(Date.parse(row.at)), at: Date.parse(row.at), health: row }),
    ]),
  );
  if (!queued) deps.log.error("health-not-recorded", { health: row });
  return health;
}

/**
 * The metrics that the alarms and the dashboard show, by CloudWatch's names: status, queue and database if they answer,
 * partitions if known.
 */
export async function measureHealth(
  { sql, queue }: { sql: Database; queue: Queue },
  { status, checks, partitions }: Health,
): Promise<Record<string, readonly [number, Unit]>> {
  const depth = checks.queue.status === "up" ? await queue.depth().catch(() => undefined) : undefined;
  const load = checks.database.status === "up" ? await valueWithin(() => readLoad(sql)) : null;
  return {
    Unhealthy: [status === "ok" ? 0 : 1, "Count"],
    ...(depth && {
      QueueMessages: [depth.messages, "Count"],
      QueueOldestAge: [depth.oldestAgeMs / 1_000, "Seconds"],
      DeadLetters: [depth.deadLetters, "Count"],
    }),
    ...(partitions && {
      PartitionRunwayDays: [partitions.runway_days, "Count"],
      DefaultPartitionRows: [partitions.default_rows, "Count"],
    }),
    ...(load && {
      Duplicates: [load.duplicates, "Count"],
      Quarantined: [load.quarantined, "Count"],
      DatabaseConnections: [load.connectionsPercent, "Percent"],
    }),
  };
}

interface HistoryQuery {
  /** Inclusive; by default 24 hours before `end`. */
  start?: Instant | undefined;
  /** Exclusive; by default now. */
  end?: Instant | undefined;
  limit: number;
  cursor?: string | undefined;
}

/**
 * The scheduled checks of a range, newest first, a page at a time.
 * @throws {Problem} `invalid-parameter` for an invalid cursor
 */
export async function healthHistory(
  { sql }: { sql: Database },
  { limit, cursor, ...range }: HistoryQuery,
): Promise<History> {
  // The next page is of the same range, although now is later.
  const [before, until] = cursor === undefined ? [] : decodeCursor(cursor, [isTimePart, isTimePart]);
  const end = parsed(until) ?? range.end ?? instantOf(Date.now());
  const start = range.start ?? instantOf(Math.max(FIRST_MS, end.ms - DAY_MS));
  // One row more than requested shows whether there is a next page.
  const [counts, rows] = await Promise.all([
    countHealth(sql, start, end),
    listHealth<Health["checks"]>(sql, start, parsed(before) ?? end, limit + 1),
  ]);
  const shown = rows.slice(0, limit);
  const oldest = rows.length > limit ? shown.at(-1) : undefined;
  return {
    start: start.text,
    end: end.text,
    ...counts,
    checks: shown.map((row) => ({ ...row, at: shortenTime(row.at) })),
    next_cursor: oldest ? encodeCursor([oldest.at, end.text]) : null,
  };
}

const parsed = (text: string | undefined): Instant | undefined =>
  text === undefined ? undefined : parseTime(text);
