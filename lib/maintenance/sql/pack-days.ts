import type { Transaction } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

export interface Packed {
  /** Rollups of quarters of an hour that were packed. */
  quarters: number;
  /** Packed days that were written. */
  days: number;
  /** The last client with such a rollup; null if there was none. */
  client: string | null;
}

/**
 * Moves rollups of quarters of an hour before `settled` into packed days. It deletes what it adds in one statement, so the two
 * together count each event once in every snapshot. Rollups that a worker has locked, to add a late event, are left for the next
 * run, so neither waits for the other; a worker that waits for this transaction then begins a new rollup.
 *
 * It has no join: PostgreSQL expects a few rows of each kind, and would compare all with all.
 * @param from client to begin with; '' for the first
 * @param limit maximum number of rollups
 */
export async function packDays(tx: Transaction, from: string, limit: number): Promise<Packed> {
  const [row] = await tx<[Packed]>`
    WITH taken AS (
      DELETE FROM rollups
       WHERE grain = 15
         AND ctid = ANY (ARRAY(
               SELECT r.ctid FROM (SELECT client_id FROM clients WHERE client_id >= ${from} ORDER BY client_id) AS c
               CROSS JOIN LATERAL (
                 SELECT ctid FROM rollups
                  WHERE client_id = c.client_id AND grain = 15 AND bucket < (SELECT settled FROM packing)
                  ORDER BY bucket LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS r
                LIMIT ${limit}))
      RETURNING client_id, date_trunc('day', bucket, 'UTC') AS day, event_type,
                (date_part('epoch', bucket - date_trunc('day', bucket, 'UTC')) / 900)::int AS quarter,
                count, latency_max_ms, latency_bins, latency_counts
    ), cells AS (
      SELECT client_id, day, event_type, 'quarter' AS kind, quarter AS place, sum(count)::bigint AS n,
             max(latency_max_ms) AS max_ms
        FROM taken GROUP BY 1, 2, 3, 5
      UNION ALL
      SELECT client_id, day, event_type, CASE WHEN quarter IS NULL THEN 'day bin' ELSE 'quarter bin' END,
             CASE WHEN quarter IS NULL THEN bin ELSE quarter * 1024 + bin + 1 END, n, NULL
        FROM (SELECT client_id, day, event_type, quarter, bin, sum(n)::bigint AS n
                FROM taken CROSS JOIN LATERAL unnest(latency_bins, latency_counts) AS u(bin, n)
               GROUP BY GROUPING SETS ((client_id, day, event_type, quarter, bin), (client_id, day, event_type, bin))) AS binned
    ), packed AS (
      SELECT client_id, day, event_type, (sum(n) ${of(tx, "quarter")})::bigint AS count, max(max_ms) AS max_ms,
             array_agg(place::smallint ORDER BY place) ${of(tx, "quarter")} AS quarters,
             array_agg(until ORDER BY place) ${of(tx, "quarter")} AS totals,
             array_agg(place::smallint ORDER BY place) ${of(tx, "day bin")} AS day_bins,
             array_agg(n ORDER BY place) ${of(tx, "day bin")} AS day_counts,
             array_agg(max_ms ORDER BY place) ${of(tx, "quarter")} AS quarter_maxima,
             array_agg(place ORDER BY place) ${of(tx, "quarter bin")} AS quarter_bins,
             array_agg(n ORDER BY place) ${of(tx, "quarter bin")} AS quarter_counts
        FROM (SELECT *, (sum(n) OVER (PARTITION BY client_id, day, event_type, kind ORDER BY place))::bigint AS until
                FROM cells) AS running
       GROUP BY 1, 2, 3
    ), written AS (
      INSERT INTO packed_days AS p (client_id, day, event_type, count, latency_max_ms, quarters, totals, latency_bins,
                                    latency_counts, quarter_maxima, quarter_bins, quarter_counts)
      SELECT client_id, day, event_type, count, max_ms, quarters, totals, coalesce(day_bins, '{}'), coalesce(day_counts, '{}'),
             quarter_maxima, coalesce(quarter_bins, '{}'), coalesce(quarter_counts, '{}')
        FROM packed ORDER BY 1, 2, 3
      ON CONFLICT (client_id, day, event_type) DO UPDATE SET
        count = p.count + excluded.count,
        latency_max_ms = greatest(p.latency_max_ms, excluded.latency_max_ms),
        (quarters, totals, quarter_maxima) = (${quartersOfBoth(tx)}),
        (latency_bins, latency_counts) = (${binsOfBoth(tx, tx`latency_bins`, tx`latency_counts`)}),
        (quarter_bins, quarter_counts) = (${binsOfBoth(tx, tx`quarter_bins`, tx`quarter_counts`)})
      RETURNING 1
    )
    SELECT (SELECT count(*)::int FROM taken) AS quarters, (SELECT count(*)::int FROM written) AS days,
           (SELECT max(client_id) FROM taken) AS client`;
  return row;
}

const of = (tx: Transaction, kind: "quarter" | "quarter bin" | "day bin"): Fragment =>
  tx`FILTER (WHERE kind = ${kind})`;

const quartersOfBoth = (tx: Transaction): Fragment => tx`
  SELECT array_agg(quarter ORDER BY quarter), array_agg(until ORDER BY quarter), array_agg(max_ms ORDER BY quarter)
    FROM (SELECT quarter, (sum(sum(n)) OVER (ORDER BY quarter))::bigint AS until, max(max_ms) AS max_ms
            FROM (SELECT quarter, until - lag(until, 1, 0::bigint) OVER (ORDER BY quarter) AS n, max_ms
                    FROM unnest(p.quarters, p.totals, p.quarter_maxima) AS u(quarter, until, max_ms)
                  UNION ALL
                  SELECT quarter, until - lag(until, 1, 0::bigint) OVER (ORDER BY quarter), max_ms
                    FROM unnest(excluded.quarters, excluded.totals, excluded.quarter_maxima) AS u(quarter, until, max_ms)) AS both_days
           GROUP BY quarter) AS merged`;

const binsOfBoth = (tx: Transaction, bins: Fragment, counts: Fragment): Fragment => tx`
  SELECT coalesce(array_agg(bin ORDER BY bin), '{}'), coalesce(array_agg(n ORDER BY bin), '{}')
    FROM (SELECT bin, sum(n)::bigint AS n
            FROM (SELECT * FROM unnest(p.${bins}, p.${counts}) AS u(bin, n)
                  UNION ALL SELECT * FROM unnest(excluded.${bins}, excluded.${counts}) AS u(bin, n)) AS both_days
           GROUP BY bin) AS merged`;

/**
 * Deletes packed days before the horizon, client by client, like the primary key.
 * @param horizon RFC 3339
 * @param limit maximum number of rows
 * @returns the number of deleted rows
 */
export async function prunePackedDays(tx: Transaction, horizon: string, limit: number): Promise<number> {
  const rows = await tx`
    DELETE FROM packed_days
     WHERE ctid = ANY (ARRAY(
             SELECT p.ctid FROM clients c
             CROSS JOIN LATERAL (
               SELECT ctid FROM packed_days WHERE client_id = c.client_id AND day < ${horizon}::timestamptz
                LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS p
              LIMIT ${limit}))`;
  return rows.count;
}
