/** The migration makes 15-minute rollups of stored events, and a worker of the previous version can't count without them. */

import type postgres from "postgres";
import { expect, test } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { HOUR_MS } from "../../../lib/base/time.ts";
import { isDataError } from "../../../lib/postgres/errors.ts";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { depsBefore } from "../../support/servers/old-database.ts";

const START = Date.parse("2026-03-28T22:00:00Z");

/** Stores events over two days, some in the same minute, with rollups in three slots, as the old workers did. */
async function storeAsBefore({ sql }: Deps): Promise<void> {
  await sql`
    INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload)
    SELECT 'client ' || n % 3, n, 'type ' || n % 2, ${new Date(START)}::timestamptz + n * interval '53.7 s',
           now(), now() + n % 700 * interval '1 ms', gen_random_uuid(), '{}' FROM generate_series(1, 3000) AS n`;
  await addAsBefore({ sql });
}

/** Adds to the table under its old name. */
const addAsBefore = ({ sql }: Pick<Deps, "sql">) => sql`
  INSERT INTO event_rollups (client_id, grain, bucket, event_type, slot, count, latency_sum_ms, latency_max_ms, latency_bins,
                             latency_counts)
  SELECT client_id, grain, bucket, event_type, slot, sum(count), sum(total), max(longest), array_agg(bin ORDER BY bin),
         array_agg(count ORDER BY bin)
    FROM (SELECT client_id, grain, date_bin(make_interval(mins => grain), event_time, 'epoch') AS bucket, event_type,
                 event_id::int / 7 % 3 AS slot, latency_bin(ms) AS bin, count(*) AS count, sum(ms) AS total, max(ms) AS longest
            FROM events, latency_ms(received_at, processed_at) AS ms, (VALUES (1), (60), (1440)) AS g(grain)
           GROUP BY 1, 2, 3, 4, 5, 6) AS binned
   GROUP BY 1, 2, 3, 4, 5`;

/** Returns rollups summed over slots, and the same counted from the events. */
async function rollups({ sql }: Deps): Promise<{ kept: postgres.Row[]; counted: postgres.Row[] }> {
  const kept = await sql`
    SELECT client_id, grain, bucket, event_type, max(longest)::int AS longest, array_agg(bin || ':' || n ORDER BY bin) AS bins
      FROM (SELECT client_id, grain, bucket, event_type, bin, sum(u.n) AS n, max(r.latency_max_ms) AS longest
              FROM rollups r, unnest(latency_bins, latency_counts) AS u(bin, n) GROUP BY 1, 2, 3, 4, 5) AS b
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;
  const counted = await sql`
    SELECT client_id, grain, bucket, event_type, max(longest)::int AS longest, array_agg(bin || ':' || n ORDER BY bin) AS bins
      FROM (SELECT client_id, grain::smallint, date_bin(make_interval(mins => grain), event_time, 'epoch') AS bucket, event_type,
                   latency_bin(ms) AS bin, count(*) AS n, max(ms) AS longest
              FROM events, latency_ms(received_at, processed_at) AS ms, (VALUES (1), (15), (60), (1440)) AS g(grain)
             GROUP BY 1, 2, 3, 4, 5) AS b
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;
  return { kept: [...kept], counted: [...counted] };
}

test("the migration counts 15-minute rollups from the minutes, and workers add to them afterwards", async () => {
  const deps = await depsBefore("0009");
  const { sql } = deps;
  const readAsBefore = async () => [
    ...(await sql`SELECT client_id, grain, bucket, event_type, slot, count FROM event_rollups ORDER BY 1, 2, 3, 4, 5`),
  ];
  await storeAsBefore(deps);
  const old = await readAsBefore();
  await migrate(deps.config.databaseUrl);
  const { kept, counted } = await rollups(deps);
  expect(kept).toEqual(counted);
  const wrong =
    await sql`SELECT FROM rollups WHERE count <> (SELECT sum(n) FROM unnest(latency_counts) AS n)`;
  expect(wrong).toHaveLength(0);

  // The previous version reads as before, and its writes fail in a way that leaves its batch in the queue.
  expect(await readAsBefore()).toEqual(old);
  const refused = await addAsBefore(deps).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "42703" });
  expect(isDataError(refused)).toBe(false);

  const timestamp = new Date(START + HOUR_MS).toISOString();
  const event = () => anEventRow({ clientId: "client 0", eventType: "type 0", timestamp });
  expect(await storeEvents(sql, [event(), event()])).toHaveLength(2);
  const after = await rollups(deps);
  expect(after.kept).toEqual(after.counted);
  expect(after.kept).not.toEqual(kept);
});
