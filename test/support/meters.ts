/** Declares meters, and compares their rollups with the stored events. */

import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import type { z } from "zod";
import type { Deps } from "../../lib/app/connect.ts";
import { DAY_MS } from "../../lib/base/time.ts";
import { announcePacking, packOver, sketchMeters } from "../../lib/maintenance/packing.ts";
import { type newMeterSchema, newMeterSchema as schema } from "../../lib/meters/declare-contract.ts";
import { fillMeters } from "../../lib/meters/fill.ts";
import { createMeter } from "../../lib/meters/meters.ts";
import { fillPiece, noteKnown } from "../../lib/meters/sql/fill-meter.ts";
import { insertMeter, type NewMeter } from "../../lib/meters/sql/meters.ts";
import { newSteps } from "../../lib/postgres/lock-retry.ts";
import { transaction } from "../../lib/postgres/transaction.ts";
import { parseProperty } from "../../lib/query/property.ts";
import type { SimulatedEvent } from "./maintenance.ts";

type Declared = z.input<typeof newMeterSchema>;

/** Start of yesterday and noon of it, as if it was today: tests must not depend on the hour in which they run. */
export const TODAY = (Math.floor(Date.now() / DAY_MS) - 1) * DAY_MS;
export const NOW = TODAY + DAY_MS / 2;

/** Declares a meter as the API does: it is filled at once, as far as a call has time. */
export const declare = (deps: Deps, meter: Declared) => createMeter(deps, schema.parse(meter));

/** Declares a meter without filling it. */
export async function declareOnly({ sql }: Deps, meter: Declared): Promise<void> {
  const {
    client_id: clientId,
    event_type: eventType,
    name,
    value,
    uniques,
    dimensions,
  } = schema.parse(meter);
  const row: NewMeter = {
    meterId: randomUUID(),
    clientId,
    eventType,
    name,
    value,
    uniques,
    valuePath: value === null ? null : parseProperty(value),
    dimensions: dimensions.map((one) => ({ ...one, path: parseProperty(one.property) })),
  };
  expect(await transaction(sql, (tx) => insertMeter(tx, row))).toBe("inserted");
}

/** Declares a meter of the client `shop` that measures `payload.n` of the events of `eventAt`, without filling it. */
export const declareSum = (deps: Deps, name: string, dimensions: readonly string[]): Promise<void> =>
  declareOnly(deps, {
    client_id: "shop",
    name,
    event_type: "type-0",
    value: "payload.n",
    dimensions: dimensions.map((dimension) => ({ name: dimension, property: `payload.${dimension}` })),
  });

/** An event of the type `type-0`, see `workAt`, at most 2 ms before a time. */
export const eventAt = (at: number, payload: object): SimulatedEvent => ({
  eventId: randomUUID(),
  at: Math.floor(at / 3) * 3,
  payload: JSON.stringify(payload),
});

/** Fills all meters in pieces of this many events. */
export const fillAll = ({ sql }: Deps, pieceEvents: number): Promise<void> =>
  fillMeters(newSteps(sql, { pace: { pauseMs: 5, attempts: 100 } }), { pieceEvents });

/** Fills one piece of a meter, so that it stays incomplete. */
export async function fillOnePiece({ sql }: Deps, name: string, events: number): Promise<void> {
  const [meter] = await sql<[{ meter_id: string }]>`SELECT meter_id FROM meters WHERE name = ${name}`;
  await noteKnown(sql, [meter.meter_id]);
  expect(await transaction(sql, (tx) => fillPiece(tx, meter.meter_id, events))).toBe(true);
}

/** Packs what is over at a time, and what is loose beside it, as maintenance does but without a grace. */
export async function packAt({ sql }: Deps, now: number): Promise<void> {
  const steps = newSteps(sql, { pace: { pauseMs: 5, attempts: 100 } });
  await announcePacking(steps, now);
  await packOver(steps, 0, () => {});
  await sketchMeters(steps);
}

/** Numbers of packed days of meters, and of rollups of days that may be packed: of quarters of an hour, and of hours and days. */
export async function packedMeters({
  sql,
}: Deps): Promise<{ packed: number; loose: number; coarse: number }> {
  const [row] = await sql<[{ packed: number; loose: number; coarse: number }]>`
    SELECT (SELECT count(*)::int FROM packed_meter_days) AS packed, count(*) FILTER (WHERE grain = 15)::int AS loose,
           count(*) FILTER (WHERE grain > 15)::int AS coarse
      FROM meter_rollups JOIN meters USING (meter_id), packing WHERE deleted_at IS NULL AND bucket < settled`;
  return row;
}

/**
 * Expects every cell of every complete meter to be what the stored events give: recomputed by a statement that shares nothing
 * with the product's but the rule for numbers. Days that may be packed have packed days and quarters of an hour, which together are
 * the day, and no hours.
 */
export async function expectMeters({ sql }: Deps): Promise<number> {
  // Slower than what it checks.
  const wanted = await transaction(sql, async (tx) => {
    await tx`SET LOCAL statement_timeout = '60s'`;
    return tx`
    SELECT m.name, g.grain, date_bin(make_interval(mins => g.grain), e.event_time, 'epoch') AS bucket,
           array(SELECT CASE WHEN t IS NULL THEN '' WHEN octet_length(t) > 200 THEN '…' ELSE t END
                   FROM unnest(ARRAY[(e.payload #> m.path_1)::text, (e.payload #> m.path_2)::text, (e.payload #> m.path_3)::text])
                        WITH ORDINALITY AS u(t, n) ORDER BY n)::text AS dimensions,
           count(*)::int AS count, count(v.number)::int AS numbers,
           count(*) FILTER (WHERE v.number IS NULL AND (e.payload #> m.value_path) IS NOT NULL)::int AS not_numbers,
           trim_scale(coalesce(sum(v.number), 0))::text AS sum, trim_scale(min(v.number))::text AS min,
           trim_scale(max(v.number))::text AS max,
           (array_agg(trim_scale(v.number)::text ORDER BY e.event_time DESC, e.event_id DESC) FILTER (WHERE v.number IS NOT NULL))[1]
             AS latest
      FROM meters m JOIN events e ON e.client_id = m.client_id AND e.event_type = m.event_type
      CROSS JOIN LATERAL (SELECT measured_number((e.payload #> m.value_path)::text) AS number) AS v
      CROSS JOIN (VALUES (15), (60), (1440)) AS g(grain)
     WHERE m.deleted_at IS NULL AND m.filled_from = '-infinity'
       AND (g.grain <> 60 OR e.event_time >= (SELECT settled FROM packing))
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;
  });
  const found = await sql`
    SELECT m.name, r.grain::int AS grain, r.bucket, r.dimensions::text AS dimensions, sum(r.count)::int AS count,
           sum(r.numbers)::int AS numbers, sum(r.not_numbers)::int AS not_numbers, trim_scale(sum(r.sum))::text AS sum,
           trim_scale(min(r.min))::text AS min, trim_scale(max(r.max))::text AS max, trim_scale((max(r.latest))[3]::numeric)::text AS latest
      FROM meters m JOIN (
             SELECT meter_id, grain, bucket, dimensions, count, numbers, not_numbers, sum, min, max, latest FROM meter_rollups, packing
              WHERE grain = 15 OR bucket >= settled
             UNION ALL
             SELECT meter_id, 1440, date_trunc('day', bucket, 'UTC'), dimensions, count, numbers, not_numbers, sum, min, max, latest
               FROM meter_rollups, packing WHERE grain = 15 AND bucket < settled
             UNION ALL
             SELECT meter_id, 1440, day, dimensions, count, numbers, not_numbers, sum, min, max, latest FROM packed_meter_days
             UNION ALL
             SELECT meter_id, 15, day + quarters[i] * interval '15 minutes', dimensions, quarter_counts[i], quarter_numbers[i],
                    quarter_not_numbers[i], quarter_sums[i], quarter_minima[i], quarter_maxima[i],
                    CASE WHEN latest_numbers[i] IS NOT NULL
                         THEN ARRAY[to_char(latest_times[i] AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), latest_ids[i],
                                    latest_numbers[i]::text] END
               FROM packed_meter_days, generate_subscripts(quarters, 1) AS i) AS r USING (meter_id)
     WHERE m.deleted_at IS NULL AND m.filled_from = '-infinity'
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;
  expect([...found]).toEqual([...wanted]);
  return found.length;
}

/** Expects each sketch to which no rollup has been added to be that of the stored events. @returns the number of sketches */
export async function expectSketches({ sql }: Deps): Promise<number> {
  const rows = await sql<{ found: string; wanted: string }[]>`
    SELECT array_to_json(ARRAY[p.registers, p.ranks])::text AS found, w.sketch AS wanted
      FROM packed_meter_days p JOIN meters m USING (meter_id)
      CROSS JOIN LATERAL (
        SELECT array_to_json(ARRAY[coalesce(array_agg(register ORDER BY register), '{}'),
                                   coalesce(array_agg(rank ORDER BY register), '{}')])::text AS sketch
          FROM (SELECT hash & 16383 AS register, max(51 - length(ltrim((hash >> 14)::bit(50)::text, '0'))) AS rank
                  FROM (SELECT hashtextextended((payload #> value_path)::text, 0) AS hash FROM events e
                         WHERE e.client_id = m.client_id AND e.event_type = m.event_type AND e.event_time >= p.day
                           AND e.event_time < p.day + interval '1 day' AND (payload #> value_path)::text <> 'null'
                           AND ARRAY[coalesce((payload #> path_1)::text, ''), coalesce((payload #> path_2)::text, ''),
                                     coalesce((payload #> path_3)::text, '')] = p.dimensions) AS hashes
                 GROUP BY 1) AS registers) AS w
     WHERE p.registers IS NOT NULL AND m.deleted_at IS NULL AND m.filled_from = '-infinity'
       AND NOT EXISTS (SELECT FROM meter_rollups r
                        WHERE r.meter_id = p.meter_id AND r.grain = 15 AND r.bucket >= p.day AND r.bucket < p.day + interval '1 day')`;
  expect(rows.map(({ found }) => found)).toEqual(rows.map(({ wanted }) => wanted));
  return rows.length;
}
