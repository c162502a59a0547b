import type { Executor } from "./client.ts";

/** Asks the database for a sign of life. */
export async function ping(sql: Executor): Promise<void> {
  await sql`SELECT 1`;
}
