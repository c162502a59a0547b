/** Direct access to PostgreSQL, bypassing the proxies and independent of its settings. */
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import type { System } from "../system.ts";

const ATTEMPTS = 60;
const PAUSE_MS = 500;

/** A separate connection, which also works if transactions are read-only by default. */
export const connectControl = (system: Pick<System, "postgres">): postgres.Sql =>
  postgres(system.postgres.url, {
    max: 1,
    connect_timeout: 5,
    // The driver's own query for types rejects where nobody can catch the error.
    fetch_types: false,
    onnotice: () => {},
    connection: {
      application_name: "chaos",
      default_transaction_read_only: false,
      statement_timeout: 10_000,
    },
  });

/** Runs on a separate connection, with retries while the server starts. @throws the error of the last attempt */
export async function withPostgres<T>(
  system: Pick<System, "postgres">,
  run: (sql: postgres.Sql) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const sql = connectControl(system);
    try {
      return await run(sql);
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    } finally {
      await sql.end({ timeout: 1 }).catch(() => {});
    }
    await sleep(PAUSE_MS);
  }
}

/** Server processes that serve our functions. */
export async function backends(system: Pick<System, "postgres">): Promise<number[]> {
  const rows = await withPostgres(
    system,
    (sql) =>
      sql<{ pid: number }[]>`SELECT pid FROM pg_stat_activity WHERE application_name = 'weir' ORDER BY pid`,
  );
  return rows.map(({ pid }) => pid);
}
