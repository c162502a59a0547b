import type { Executor } from "./client.ts";
import type { Fragment } from "./fragments.ts";

/** Rows of each rollup, and of each client's totals, that concurrent workers add to. */
const SLOTS = 8;
/** First of the two keys of these advisory locks. All other locks here have one key, which is a separate key space. */
const LOCKS = 0x736c6f74;

/**
 * The slot that a transaction adds to: the first free one, locked until the transaction ends. A slot chosen by backend
 * PID alone would sometimes belong to another transaction, and this one would wait for that one's end. Only if all are
 * taken does the PID decide.
 */
export const slot = (sql: Executor): Fragment => sql`
  coalesce((SELECT n FROM generate_series(0, ${SLOTS - 1}::int) AS n WHERE pg_try_advisory_xact_lock(${LOCKS}::int, n) LIMIT 1),
           pg_backend_pid() % ${SLOTS}::int)`;
