/**
 * Transactions that outlive the end of their connection. The library (postgres 3.4.9) answers an error inside of a
 * transaction with a ROLLBACK, also where the connection is gone; that write throws outside of every promise, which ends
 * the process, and leaves the connection unusable for ever (github.com/porsager/postgres/issues/1208). So after such an
 * error the transaction's function never settles: the library itself rejects the transaction when the socket closes.
 */
import type { Database, Transaction } from "./client.ts";

/** Commits what `run` does, or nothing of it. */
export const transaction = <T>(sql: Database, run: (tx: Transaction) => Promise<T>): Promise<T> =>
  sql.begin((tx) => neverOnceGone(run(tx))) as Promise<T>;

/** Undoes only what `run` did if it fails, so that the transaction can go on. */
export const savepoint = <T>(tx: Transaction, run: (inner: Transaction) => Promise<T>): Promise<T> =>
  tx.savepoint((inner) => neverOnceGone(run(inner))) as Promise<T>;

const neverOnceGone = <T>(running: Promise<T>): Promise<T> =>
  running.catch((error: unknown) => {
    if (!endsConnection(error)) throw error;
    return new Promise<never>(() => {});
  });

/** Codes of the library and of Node; the server's own word for an error after which it hangs up is its severity. */
const CODES = /^(?:CONNECTION_\w+|ECONN\w+|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|ERR_STREAM_\w+)$/;

function endsConnection(error: unknown): boolean {
  // The library notes the query at fault; an error of anything else that `run` does, such as a call to Redis, has none.
  if (!(error instanceof Error && "query" in error)) return false;
  const { code, severity } = error as { code?: unknown; severity?: unknown };
  return severity === "FATAL" || severity === "PANIC" || (typeof code === "string" && CODES.test(code));
}
