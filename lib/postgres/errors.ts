/** SQLSTATE of an error from PostgreSQL; undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/**
 * SQLSTATE classes of errors caused by the data, not by the server or our SQL: data exception, integrity constraint,
 * program limit (nesting, index row size), and errors that a trigger raises.
 * https://www.postgresql.org/docs/18/errcodes-appendix.html
 */
export const DATA_CLASSES = new Set(["22", "23", "54", "P0"]);

/** True if a row of the statement caused the error, so that the statement would succeed without that row. */
export function isDataError(error: unknown): boolean {
  const state = sqlState(error);
  return state !== undefined && DATA_CLASSES.has(state.slice(0, 2));
}

/** True for a deadlock or serialization failure: the transaction is valid and can be retried at once. */
export const isRetryable = (error: unknown): boolean => ["40P01", "40001"].includes(sqlState(error) ?? "");

export const QUERY_CANCELED = "57014";

export const LOCK_NOT_AVAILABLE = "55P03";

/** True if a statement exceeded its statement or lock time-out. */
export const isTimeout = (error: unknown): boolean =>
  [QUERY_CANCELED, LOCK_NOT_AVAILABLE].includes(sqlState(error) ?? "");

/** Codes of the `postgres` library and of Node for a failed connection, and the server's codes for unavailability. */
export const CONNECTION_CODES =
  /^(?:CONNECTION_\w+|CONNECT_TIMEOUT|ECONN\w+|ENOTFOUND|EPIPE|EHOSTUNREACH|ETIMEDOUT|08...|28...|53...|57P0[1-5]|25006)$/;

/** True if the database is unreachable, shutting down, out of connections or read-only, or refuses the login. */
export function isConnectionError(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && CONNECTION_CODES.test(code);
}

export const UNIQUE_VIOLATION = "23505";

/** The table, or the partition, that an error from PostgreSQL names. */
export const tableOf = (error: unknown): string | undefined =>
  error instanceof Error && "table_name" in error ? String(error.table_name) : undefined;
