/** Is it well? Asked over HTTP, and on a schedule that keeps a record. */
import type { z } from "zod";
import type * as contract from "./contract/health.ts";
import type { Deps } from "./deps.ts";
import { uuidv7 } from "./ids.ts";
import { type HealthRow, headerMessage } from "./message.ts";
import type { Unit } from "./metrics.ts";
import { runwayDays } from "./partitions.ts";
import { askShards } from "./redis/client.ts";
import { countHealth } from "./sql/count-health.ts";
import { countUnqueued } from "./sql/count-unqueued.ts";
import { insertHealth } from "./sql/insert-health.ts";
import { listHealth } from "./sql/list-health.ts";
import { ping } from "./sql/ping.ts";
import { readPartitionState } from "./sql/read-partition-state.ts";
import { FIRST_MS, type Instant, instantOf, shortenTime } from "./time.ts";
import { version } from "./version.ts";

type Health = z.output<typeof contract.healthSchema>;
type History = z.output<(typeof contract.getHealthHistory.responses)[200]>;
type Check = Health["checks"]["database"];

/** A server that takes longer counts as down. */
const CHECK_TIMEOUT_MS = 1_000;
const DAY_MS = 86_400_000;
/** A day of checks, one a minute, and a little more. */
const MAX_LISTED = 1_500;

/**
 * Asks the database, every shard of Redis and the queue at once, each for a second at most. Partitions
 * that run out and audit rows that are in a log only are no outage, so they are told and change nothing else.
 */
export async function checkHealth({ sql, redis, shards, queue }: Deps): Promise<Health> {
  const [database, cache, messages, partitions, audit] = await Promise.all([
    check(() => ping(sql)),
    check(() => askShards(redis, shards)),
    check(() => queue.depth()),
    checkPartitions(sql),
    checkAudit(sql),
  ]);
  const checks = { database, redis: cache, queue: messages };
  const ok = Object.values(checks).every(({ status }) => status === "up");
  return { status: ok ? "ok" : "unavailable", checks, partitions, audit, version };
}

async function checkAudit(sql: Deps["sql"]): Promise<Health["audit"]> {
  let audit: Health["audit"] = null;
  await within(CHECK_TIMEOUT_MS, async () => {
    audit = await countUnqueued(sql);
  });
  return audit;
}

async function checkPartitions(sql: Deps["sql"]): Promise<Health["partitions"]> {
  let partitions: Health["partitions"] = null;
  await within(CHECK_TIMEOUT_MS, async () => {
    const { names, defaultRows } = await readPartitionState(sql);
    partitions = { runway_days: runwayDays(names, Date.now()), default_rows: defaultRows };
  });
  return partitions;
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
export async function recordHealth(deps: Deps): Promise<Health> {
  const at = Date.now();
  const health = await checkHealth(deps);
  const row: HealthRow = { at: new Date(at).toISOString(), status: health.status, checks: health.checks };
  const write = (): Promise<void> => insertHealth(deps.sql, [row]);
  // Of a database that just did not answer, nothing is asked that could take the function's whole time.
  if (health.checks.database.status === "up" && (await within(CHECK_TIMEOUT_MS, write))) return health;
  const queued = await within(CHECK_TIMEOUT_MS, () =>
    deps.queue.send([headerMessage({ v: 1, id: uuidv7(at), at, health: row })]),
  );
  if (!queued) deps.log.error("health-not-recorded", { health: row });
  return health;
}

/** What the alarms look at, by CloudWatch's names: the state, the queue's where it answers, and the partitions'. */
export async function measureHealth(
  { queue }: Pick<Deps, "queue">,
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
  { sql }: Pick<Deps, "sql">,
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
