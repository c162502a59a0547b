import type { Executor } from "./client.ts";

/** The database's time, in whole milliseconds since the Unix epoch, rounded down. */
export async function readClock(sql: Executor): Promise<number> {
  const [row] = await sql<[{ ms: number }]>`SELECT floor(extract(epoch FROM now()) * 1000)::float8 AS ms`;
  return row.ms;
}
