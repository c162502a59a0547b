import type { Executor } from "./client.ts";

/** @throws if the database does not answer */
export async function ping(sql: Executor): Promise<void> {
  await sql`SELECT 1`;
}
