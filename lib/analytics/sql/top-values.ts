import type { Executor } from "../../postgres/client.ts";
import type { PropertyPath } from "../../query/property.ts";
import { propertyText } from "../../query/sql.ts";
import { fromEvents, type RawScope } from "./raw-events.ts";

export interface TopValue {
  /** JSON text, as it was sent; null in a row that has only the totals. */
  value: string | null;
  count: number;
  /** Events that have the property. */
  events: number;
  /** Events whose value is longer than `maxBytes`. */
  too_long: number;
}

/**
 * The most frequent values of a property, most frequent first, then in byte order. Long values are counted together and
 * not returned, so that a response stays small whatever the payloads hold.
 * @param maxBytes longest value that is returned
 */
export async function topValues(
  sql: Executor,
  scope: RawScope,
  path: PropertyPath,
  { limit, maxBytes }: { limit: number; maxBytes: number },
): Promise<TopValue[]> {
  return sql<TopValue[]>`
    WITH found AS (
      SELECT ${propertyText(sql, path)} AS value ${fromEvents(sql, scope)} OFFSET 0
    ), groups AS (
      SELECT CASE WHEN octet_length(value) <= ${maxBytes} THEN value END AS value, count(*) AS count
        FROM found WHERE value IS NOT NULL GROUP BY 1
    ), totals AS (
      SELECT coalesce(sum(count), 0) AS events, coalesce(sum(count) FILTER (WHERE value IS NULL), 0) AS too_long
        FROM groups
    ), top AS (
      SELECT value, count FROM groups WHERE value IS NOT NULL ORDER BY count DESC, value LIMIT ${limit}
    )
    SELECT value, count::float8 AS count, events::float8 AS events, too_long::float8 AS too_long
      FROM totals LEFT JOIN top ON true
     ORDER BY count DESC, value`;
}
