import type { Database, Transaction } from "./client.ts";

/**
 * Runs `run` in a transaction.
 * @throws the errors of `run`; `CONNECTION_CLOSED` if the connection ends before the commit is confirmed
 */
export const transaction = <T>(sql: Database, run: (tx: Transaction) => Promise<T>): Promise<T> =>
  sql.begin(run) as Promise<T>;

/** What a transaction leaves under way. */
export interface Ending<T> {
  result: T;
  /** Resolves when the last statements have succeeded. It must cover every statement that was not awaited. */
  sent: Promise<unknown>;
}

/**
 * Like `transaction`, but the COMMIT follows the last statements at once, in the same round trip. If one of them fails,
 * PostgreSQL rolls back at the COMMIT.
 * @throws the errors of `run`, of the last statements and of `transaction`
 */
export async function pipelinedTransaction<T>(
  sql: Database,
  run: (tx: Transaction) => Promise<Ending<T>>,
): Promise<T> {
  const { result, sent } = await transaction(sql, async (tx) => {
    const ending = await run(tx);
    // If the connection ends during the COMMIT, nobody awaits it.
    ending.sent.catch(() => {});
    return ending;
  });
  await sent;
  return result;
}

/** Runs `run` in a savepoint: if it fails, only its changes are rolled back and the transaction can continue. */
export const savepoint = <T>(tx: Transaction, run: (inner: Transaction) => Promise<T>): Promise<T> =>
  tx.savepoint(run) as Promise<T>;

/**
 * Plans the statements of this transaction without regard to their parameters, once per connection. For statements with
 * arrays of rows: PostgreSQL would plan them anew with each execution, since the plans for few rows seem cheaper, and
 * planning takes longer than storing a few rows (docs/decisions/0034).
 */
export async function planOnce(tx: Transaction): Promise<void> {
  await tx`SELECT set_config('plan_cache_mode', 'force_generic_plan', true)`;
}
