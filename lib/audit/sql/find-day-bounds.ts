import type { Executor } from "../../postgres/client.ts";

/** A lane's seals whose entries are of some days. */
export interface DayBounds {
  lane: number;
  first: number;
  last: number;
}

/** @param from and `to` days, both inclusive; null for no bound @returns nothing for a lane without such seals */
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
