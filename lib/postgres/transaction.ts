import type { Database, Transaction } from "./client.ts";

/**
 * Runs `run` in a transaction.
 * @throws the errors of `run`; `CONNECTION_CLOSED` if the connection ends before the commit is confirmed
 */
export const transaction = <T>(sql: Database, run: (tx: Transaction) => Promise<T>): Promise<T> =>
  sql.begin(run) as Promise<T>;

/** Runs `run` in a savepoint: if it fails, only its changes are rolled back and the transaction can continue. */
export const savepoint = <T>(tx: Transaction, run: (inner: Transaction) => Promise<T>): Promise<T> =>
  tx.savepoint(run) as Promise<T>;
