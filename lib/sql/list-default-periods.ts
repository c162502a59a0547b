import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

/**
 * Times at which the rows in a DEFAULT partition lie, one for each period that has any.
 * @param column the partition key
 * @param stepMs length of a period; periods follow each other from `origin` on, in milliseconds since the Unix epoch
 * @param from only rows at or after this time, RFC 3339
 * @returns beginnings of periods, in milliseconds since the Unix epoch
 */
export async function listDefaultPeriods(
  sql: Executor,
  { table, column, stepMs, originMs }: { table: string; column: string; stepMs: number; originMs: number },
  from: string,
): Promise<number[]> {
  const rows = await sql<{ ms: number }[]>`
    SELECT DISTINCT (extract(epoch FROM
             date_bin(${`${stepMs} milliseconds`}::interval, ${sql(column)}, ${time(sql, new Date(originMs).toISOString())})) * 1000)::float8 AS ms
      FROM ${sql(table)} WHERE ${sql(column)} >= ${time(sql, from)}
     ORDER BY 1`;
  return rows.map(({ ms }) => ms);
}
