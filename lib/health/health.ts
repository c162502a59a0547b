/** Whether the servers take what the product has to write: over HTTP, and on a schedule that keeps a record. */

import type { z } from "zod";
import { auditGaps } from "../audit/record/gaps.ts";
import { uuidv7 } from "../base/ids.ts";
import type { Unit } from "../base/metrics.ts";
import { DAY_MS, FIRST_MS, type Instant, instantOf, shortenTime } from "../base/time.ts";
import { version } from "../base/version.ts";
import { readWaiting, type WaitingDeps } from "../events/waiting.ts";
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

type Health = z.output<typeof contract.healthSchema>;
type History = z.output<(typeof contract.getHealthHistory.responses)[200]>;
type Check = Health["checks"]["database"];

/** A server that takes longer counts as down. */
const CHECK_TIMEOUT_MS = 1_000;
/** A day of checks, one a minute, and a little more. */
type HealthDeps = WaitingDeps & { queue: Queue };

const MAX_LISTED = 1_500;

/** How long what was found is told to all who call, in milliseconds: anybody may call, and each look costs a write. */
const SHARED_MS = 1_000;

/** What each instance found last. */
const latest = new WeakMap<HealthDeps, { begun: number; found: Promise<Health> }>();

/** As {@link checkHealth}, with one look for all who call within a second of its begin. */
export function recentHealth(deps: HealthDeps): Promise<Health> {
  const known = latest.get(deps);
  if (known && performance.now() - known.begun < SHARED_MS) return known.found;
  const found = checkHealth(deps);
  latest.set(deps, { begun: performance.now(), found });
  return found;
}

/**
 * Writes to the database, every shard of Redis and the queue at once, each for a second at most: a server may answer
 * questions and take nothing. The write is undone or expires. Never rejects.
 *
 * Settings that do not keep the promise, partitions that run out and audit rows that are in a log only are no outage: they
 * are reported and do not change the status.
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

/** Null where it did not resolve in time. */
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

/** Whether the promise resolved in time; never rejects. */
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
 * Checks, and records what was found: in the database, through the queue where the database is down, and in the log
 * where both are.
 */
export async function recordHealth(deps: HealthDeps): Promise<Health> {
  // What is settled unseen by Redis must not add to the age that an alarm looks at.
  await within(CHECK_TIMEOUT_MS, () => readWaiting(deps, null));
  const health = await checkHealth(deps);
  const { status, checks, settings } = health;
  if ([settings.database, settings.redis].some((found) => found && found.weak.length > 0))
    deps.log.warn("weak-settings", { settings });
  const row: HealthRow = { at: health.at, status, checks };
  const write = (): Promise<void> => insertHealth(deps.sql, [row]);
  // Of a database that just did not answer, nothing is asked that could take the function's whole time.
  if (checks.database.status === "up" && (await within(CHECK_TIMEOUT_MS, write))) return health;
  const queued = await within(CHECK_TIMEOUT_MS, () =>
    deps.queue.send([
      headerMessage({ v: 1, id: uuidv7(Date.parse(row.at)), at: Date.parse(row.at), health: row }),
    ]),
  );
  if (!queued) deps.log.error("health-not-recorded", { health: row });
  return health;
}

/** What the alarms look at, by CloudWatch's names: the state, the queue's where it answers, and the partitions'. */
export async function measureHealth(
  { queue }: { queue: Queue },
  { status, checks, partitions }: Health,
): Promise<Record<string, readonly [number, Unit]>> {
  const depth = checks.queue.status === "up" ? await queue.depth().catch(() => undefined) : undefined;
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
  };
}

/**
 * The scheduled checks of a range, newest first.
 * @param range `start` inclusive, by default 24 hours before `end`; `end` exclusive, by default now
 */
export async function healthHistory(
  { sql }: { sql: Database },
  range: { start?: Instant | undefined; end?: Instant | undefined },
): Promise<History> {
  const end = range.end ?? instantOf(Date.now());
  const start = range.start ?? instantOf(Math.max(FIRST_MS, end.ms - DAY_MS));
  const [counts, rows] = await Promise.all([
    countHealth(sql, start, end),
    listHealth<Health["checks"]>(sql, start, end, MAX_LISTED),
  ]);
  return {
    start: start.text,
    end: end.text,
    ...counts,
    checks: rows.map((row) => ({ ...row, at: shortenTime(row.at) })),
  };
}
