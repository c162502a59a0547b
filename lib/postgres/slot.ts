import type { Executor } from "./client.ts";
import type { Fragment } from "./fragments.ts";

/** Rows of each rollup, and of each client's totals, for concurrent workers to add to. */
const SLOTS = 8;
/** The first of two numbers of the advisory locks; locks of one number, which all others here have, are apart from these. */
const LOCKS = 0x736c6f74;

/**
 * The slot that a transaction adds to: the first that nobody else has, kept until the transaction ends. A slot by the
 * backend's number alone would now and then be that of another, for which the transaction would wait to its end. Where
 * all are taken it goes by that number nevertheless.
 */
export const slot = (sql: Executor): Fragment => sql`
  coalesce((SELECT n FROM generate_series(0, ${SLOTS - 1}::int) AS n WHERE pg_try_advisory_xact_lock(${LOCKS}::int, n) LIMIT 1),
           pg_backend_pid() % ${SLOTS}::int)`;
