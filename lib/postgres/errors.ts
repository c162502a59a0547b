/** SQLSTATE of an error from PostgreSQL, if it is one. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * SQLSTATE classes of errors that lie in the data and not in the server or in our SQL: data exception, integrity
 * constraint, program limit (nesting, index row size), and what a trigger raises.
 * https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
export const DATA_CLASSES = new Set(["22", "23", "54", "P0"]);

/** Would the statement succeed without one of its rows? */
export function isDataError(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && DATA_CLASSES.has(state.slice(0, 2));
}

/** Deadlock and serialization failure: the transaction is fine and may be tried again at once. */
export const isRetryable = (error: unknown): boolean => ["40P01", "40001"].includes(sqlState(error) ?? "");

export const QUERY_CANCELED = "57014";

export const LOCK_NOT_AVAILABLE = "55P03";

/** Did a statement run, or wait for a lock, for longer than it may? */
export const isTimeout = (error: unknown): boolean =>
  [QUERY_CANCELED, LOCK_NOT_AVAILABLE].includes(sqlState(error) ?? "");

/** Codes of the `postgres` library and of Node for a connection that failed, and the server's own for being away. */
export const CONNECTION_CODES =
  /^(?:CONNECTION_\w+|CONNECT_TIMEOUT|ECONN\w+|ENOTFOUND|EPIPE|EHOSTUNREACH|ETIMEDOUT|08...|53...|57P0[1-5]|25006)$/;

/** Is the database out of reach, shutting down, out of connections or read-only? */
export function isConnectionError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && CONNECTION_CODES.test(code);
}
