import { BEYOND_MS, type Instant, MINUTE_MS, microseconds } from "../../base/time.ts";
import type { Executor } from "../../postgres/client.ts";
import { andIf, type Fragment, ofClient, time } from "../../postgres/fragments.ts";
import { dailyCounts } from "../../storage/sql/daily-counts.ts";
import type { RawScope } from "./raw-events.ts";

/** A bucket of rollups. */
export interface CountedBucket {
  /** Milliseconds since the Unix epoch; `to` is exclusive. */
  from: number;
  to: number;
  events: number;
}

/**
 * Counts the events of a scope by hour or day, whatever its conditions on payloads, from rollups; ascending, without empty ones.
 * @param minutes 60 or 1440
 * @param eventTypes null for all types
 */
export async function countBuckets(
  sql: Executor,
  { clientId, start, end }: Pick<RawScope, "clientId" | "start" | "end">,
  eventTypes: readonly string[] | null,
  minutes: 60 | 1440,
): Promise<CountedBucket[]> {
  const type = andIf(
    sql,
    eventTypes ?? undefined,
    (types) => sql`event_type = ANY(${types as string[]}::text[])`,
  );
  const ours = sql`${ofClient(sql, "client_id", clientId)} ${type}`;
  const from = time(
    sql,
    start === undefined ? "-infinity" : textOf(Math.floor(start.ms / unitMs(minutes)) * unitMs(minutes)),
  );
  const to = time(sql, end === undefined ? "infinity" : textOf(ceiling(end, unitMs(minutes))));
  const counts =
    minutes === 1440
      ? sql`SELECT day AS bucket, count FROM (${dailyCounts(sql, ours, from, to)}) AS days`
      : hourlyCounts(sql, ours, from, to);
  const rows = await sql<{ ms: number; events: number }[]>`
    SELECT (extract(epoch FROM bucket) * 1000)::float8 AS ms, sum(count)::float8 AS events FROM (${counts}) AS counts
     GROUP BY bucket ORDER BY bucket`;
  return rows.map(({ ms, events }) => ({ from: ms, to: ms + unitMs(minutes), events }));
}

const unitMs = (minutes: number): number => minutes * MINUTE_MS;

/** The first multiple of a unit at or after an instant, in milliseconds. */
const ceiling = (instant: Instant, unit: number): number =>
  Math.ceil((instant.ms + (microseconds(instant) > 0 ? 1 : 0)) / unit) * unit;

const textOf = (ms: number): string => (ms >= BEYOND_MS ? "infinity" : new Date(ms).toISOString());

/** Like `dailyCounts`, by hour. @param from on a full hour, like `to` */
const hourlyCounts = (sql: Executor, ours: Fragment, from: Fragment, to: Fragment): Fragment => sql`
  SELECT bucket, count FROM (
    SELECT day + make_interval(hours => hour) AS bucket,
           packed_until(quarters, totals, 4 * hour + 4) - packed_until(quarters, totals, 4 * hour) AS count
      FROM packed_days, generate_series(0, 23) AS hour
     WHERE ${ours} AND day > ${from} - interval '1 day' AND day < ${to} OFFSET 0) AS hours
   WHERE count > 0 AND bucket >= ${from} AND bucket < ${to}
  UNION ALL
  SELECT date_trunc('hour', bucket, 'UTC'), count FROM rollups
   WHERE ${ours} AND grain = 15 AND bucket >= ${from} AND bucket < least(${to}, (SELECT before FROM packing))
  UNION ALL
  SELECT bucket, count FROM rollups
   WHERE ${ours} AND grain = 60 AND bucket >= greatest(${from}, (SELECT before FROM packing)) AND bucket < ${to}`;
