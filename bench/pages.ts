/** Pages that PostgreSQL reads, from its cache or not: unlike times, the same on a busy machine. */
import type { Deps } from "../lib/app/connect.ts";

/** Sessions report what they read at most once a second, unless they are told to. */
const SESSIONS = 8;

/**
 * The pages that this database's sessions have read so far, with those of the catalog.
 * @param deps whose pool has at most `SESSIONS` connections
 */
export async function pagesRead({ sql }: Pick<Deps, "sql">): Promise<number> {
  // At the same time, so that each session of the pool gets one.
  const flush = () => sql`SELECT pg_stat_force_next_flush(), pg_sleep(0.02)`;
  await Promise.all(Array.from({ length: SESSIONS }, flush));
  const [row] = await sql<[{ pages: number }]>`
    SELECT (blks_hit + blks_read)::float8 AS pages FROM pg_stat_database WHERE datname = current_database()`;
  return row.pages;
}
