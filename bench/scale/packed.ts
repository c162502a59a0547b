/** Bytes of a packed day by the number of its events. */
import type { Deps } from "../../lib/app/connect.ts";
import { DAY_MS } from "../../lib/base/time.ts";
import { announcePacking, packOver } from "../../lib/maintenance/packing.ts";
import { newSteps } from "../../lib/postgres/lock-retry.ts";

/** Events of a client and type on a day; more than the last fill no more quarters and few more bins. */
export const DENSITIES = [1, 10, 100, 1_000, 10_000] as const;
const DAYS = 200;
/** Different latencies: as many bins of a sketch as an hour of a steady load has. */
const LATENCIES_MS = 64;

/** Name of the figure for a packed day with this many events. */
export const packedDay = (events: number): string => `packed day of ${events} events`;

/** Bytes of a packed day with its indexes and what is stored apart, for each of `DENSITIES`. */
export async function packedDayBytes({ sql }: Deps): Promise<number[]> {
  const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
  const steps = newSteps(sql);
  await announcePacking(steps, today + DAY_MS);
  await packOver(steps, 0, () => {});
  await sql`INSERT INTO clients (client_id, name, rate_limit_per_second, burst) VALUES ('packed', 'packed', 1, 1)`;
  const sizes: number[] = [];
  for (const events of DENSITIES) {
    await sql`TRUNCATE packed_days`;
    const days = events > 1_000 ? DAYS / 10 : DAYS;
    await insertRollups(sql, days, events, new Date(today - DAY_MS).toISOString());
    await packOver(steps, 0, () => {});
    const [row] = await sql<[{ bytes: number; days: number }]>`
      SELECT pg_total_relation_size('packed_days')::float8 AS bytes, count(*)::int AS days FROM packed_days`;
    if (row.days !== days) throw new Error(`${row.days} of ${days} days were packed.`);
    sizes.push(row.bytes / days);
  }
  return sizes;
}

/** Rollups of quarters of random events of one day, as a worker writes them. Each type is a day to pack. */
async function insertRollups(sql: Deps["sql"], types: number, events: number, day: string): Promise<void> {
  await sql`
    INSERT INTO rollups (client_id, event_type, bucket, count, latency_max_ms, grain, slot, latency_bins, latency_counts)
    SELECT 'packed', event_type, ${day}::timestamptz + quarter * interval '15 minutes', sum(n), max(ms), 15, 0,
           array_agg(bin ORDER BY bin), array_agg(n ORDER BY bin)
      FROM (SELECT event_type, quarter, latency_bin(ms) AS bin, count(*) AS n, max(ms) AS ms
              FROM (SELECT 'type.' || (number % ${types}) AS event_type, floor(random() * 96)::int AS quarter,
                           (5 + floor(random() * ${LATENCIES_MS}))::bigint AS ms
                      FROM generate_series(1, ${types * events}) AS number) AS events
             GROUP BY 1, 2, 3) AS binned
     GROUP BY 1, 2, 3`;
}

/** Bytes of a packed day with any number of events: between the measured ones by the logarithm of the number. */
export function bytesAt(events: number, measured: readonly number[]): number {
  const place = Math.max(0, Math.min(DENSITIES.length - 1, Math.log10(Math.max(1, events))));
  const [low, high] = [measured[Math.floor(place)] ?? Number.NaN, measured[Math.ceil(place)] ?? Number.NaN];
  return low + (high - low) * (place - Math.floor(place));
}
