/** Fills a database with more events than the worker's statement could store in a run's time: events and rollups, without ids in the ledger. */
import postgres from "postgres";
import type { Deps } from "../lib/app/connect.ts";
import { DAY_MS } from "../lib/base/time.ts";
import type { Database } from "../lib/postgres/client.ts";
import { types } from "../lib/postgres/types.ts";
import { type Loaded, RARE, RARE_EVERY, SPREADS } from "./spreads.ts";

const WORKERS = 2;
/** Events of a statement. */
const PIECE = 500_000;

/** Like `loadEvents`, with events of the same shape that PostgreSQL makes up itself. */
export async function loadDirectly(
  { config }: Deps,
  loaded: Loaded,
  say: (text: string) => void,
): Promise<void> {
  const { events, from, to } = loaded;
  // Without a function's time-outs.
  const sql = postgres(config.databaseUrl, { max: WORKERS, types, onnotice: () => {} }) as Database;
  const pieces = Math.ceil(events / PIECE);
  let next = 0;
  const work = async (): Promise<void> => {
    while (next < pieces) {
      const piece = next++;
      await insertEvents(sql, loaded, piece * PIECE, Math.min(events, (piece + 1) * PIECE));
      say(`loading directly, ${((piece * PIECE) / 1e6).toFixed(1)} of ${events / 1e6} million events`);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
  const days: number[] = [];
  for (let day = Math.floor(from / DAY_MS) * DAY_MS; day < to; day += DAY_MS) days.push(day);
  const count = async (): Promise<void> => {
    for (let day = days.shift(); day !== undefined; day = days.shift()) {
      await insertRollups(sql, new Date(day).toISOString(), new Date(day + DAY_MS).toISOString());
      say(`counting directly, ${days.length} days left`);
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, count));
  await sql.end();
}

/** The events from one number to before another, at even distances of time, with a shift below a distance as `loadEvents` has it. */
async function insertEvents(
  sql: Database,
  { events, from, to, spread }: Loaded,
  first: number,
  beyond: number,
) {
  const { clients, types } = SPREADS[spread];
  const stepUs = ((to - from) * 1_000) / events;
  await sql`
    INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload)
    SELECT clients[1 + floor(random() * ${clients.length})], uuidv7(at - clock_timestamp())::text,
           CASE WHEN n % ${RARE_EVERY} = 0 THEN ${RARE} ELSE types[1 + floor(random() * ${types.length})] END, at,
           now() - (5 + floor(random() * 64)) * interval '1 millisecond', now(), uuidv7(at - clock_timestamp()),
           format('{"user":"u%s","amount":%s.5,"country":"%s"}', floor(random() * 65536), amount,
                  (ARRAY['de', 'fr', 'us', 'in'])[1 + amount % 4])::json
      FROM (SELECT n, ${new Date(from).toISOString()}::timestamptz
                      + ((n + random()) * ${stepUs}::float8) * interval '1 microsecond' AS at,
                   floor(random() * 256)::int AS amount, ${clients as string[]}::text[] AS clients, ${types as string[]}::text[] AS types
              FROM generate_series(${first}::bigint, ${beyond - 1}::bigint) AS n OFFSET 0) AS made`;
}

/** Counts the events of a day (UTC) into rollups of each grain. */
async function insertRollups(sql: Database, from: string, to: string) {
  await sql`
    WITH minutes AS MATERIALIZED (
      SELECT client_id, event_type, date_trunc('minute', event_time, 'UTC') AS minute, ms, count(*) AS n
        FROM (SELECT client_id, event_type, event_time, latency_ms(received_at, processed_at) AS ms FROM events
               WHERE event_time >= ${from}::timestamptz AND event_time < ${to}::timestamptz) AS of_day
       GROUP BY 1, 2, 3, 4
    ), binned AS (
      SELECT client_id, event_type, date_bin(grain * interval '1 minute', minute, 'epoch') AS bucket, grain, latency_bin(ms) AS bin,
             sum(n)::bigint AS n, max(ms) AS max_ms
        FROM minutes, unnest(ARRAY[1, 15, 60, 1440]::smallint[]) AS grain
       WHERE grain = 15 OR minute >= (SELECT settled FROM packing)
       GROUP BY 1, 2, 3, 4, 5
    )
    INSERT INTO rollups (client_id, event_type, bucket, count, latency_max_ms, grain, slot, latency_bins, latency_counts)
    SELECT client_id, event_type, bucket, sum(n), max(max_ms), grain, 0, array_agg(bin ORDER BY bin), array_agg(n ORDER BY bin)
      FROM binned GROUP BY 1, 2, 3, 6`;
}
