import postgres from "postgres";
import type { Config } from "../config.ts";
import { types } from "./types.ts";

export type Database = postgres.Sql;
export type Transaction = postgres.TransactionSql;
/** A pool or a transaction on it: statements run on either. */
export type Executor = postgres.ISql;

type Settings = Pick<Config, "databaseUrl" | "databasePoolSize" | "databasePrepare" | "statementTimeoutMs">;

/**
 * A pool that opens its first connection with the first statement.
 *
 * Time-outs: 5 s to connect and at most 1 s between attempts, idle connections closed after 60 s, a transaction left
 * idle ended by the server after 30 s, so that a frozen function instance never holds locks or slots for long.
 */
export const connectDatabase = (settings: Settings): Database =>
  postgres(settings.databaseUrl, {
    max: settings.databasePoolSize,
    prepare: settings.databasePrepare,
    connect_timeout: 5,
    // The library's own pauses grow to 20 s, in which statements wait that could fail, and later could run.
    backoff: (attempts) => Math.min(0.05 * 2 ** attempts, 1),
    idle_timeout: 60,
    max_lifetime: 60 * 30,
    onnotice: () => {},
    types,
    fetch_types: false,
    connection: {
      application_name: "weir",
      statement_timeout: settings.statementTimeoutMs,
      idle_in_transaction_session_timeout: 30_000,
      // Times are compared and printed in UTC wherever the server stands.
      TimeZone: "UTC",
    },
  });
