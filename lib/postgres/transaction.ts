import type { Database, Transaction } from "./client.ts";

/**
 * Commits what `run` does, or nothing of it.
 * @throws what `run` throws; `CONNECTION_CLOSED` when the connection ends before the commit was answered
 */
export const transaction = <T>(sql: Database, run: (tx: Transaction) => Promise<T>): Promise<T> =>
  sql.begin(run) as Promise<T>;

/** Undoes only what `run` did if it fails, so that the transaction can go on. */
export const savepoint = <T>(tx: Transaction, run: (inner: Transaction) => Promise<T>): Promise<T> =>
  tx.savepoint(run) as Promise<T>;
