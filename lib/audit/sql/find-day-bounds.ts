import type { Executor } from "../../postgres/client.ts";

/** First and last seal of a lane with entries of the given days. */
export interface DayBounds {
  lane: number;
  first: number;
  last: number;
}

/** @param from a day, like `to`; both are inclusive, null for no bound @returns no row for a lane without such seals */
export async function findDayBounds(
  sql: Executor,
  from: string | null,
  to: string | null,
): Promise<DayBounds[]> {
  return sql<DayBounds[]>`
    SELECT lane, min(seal)::float8 AS first, max(seal)::float8 AS last FROM audit_seals
     WHERE day BETWEEN coalesce(${from}::text::date, '-infinity') AND coalesce(${to}::text::date, 'infinity')
     GROUP BY lane ORDER BY lane`;
}
