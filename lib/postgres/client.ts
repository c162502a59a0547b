import postgres from "postgres";
import type { Config } from "../config/config.ts";
import { types } from "./types.ts";

export type Database = postgres.Sql;
export type Transaction = postgres.TransactionSql;
/** A pool or a transaction on it: statements run on either. */
export type Executor = postgres.ISql;

type Settings = Pick<Config, "databaseUrl" | "databasePoolSize" | "databasePrepare" | "statementTimeoutMs">;

/**
 * Seconds in which an idle connection must answer before a statement on it counts as under way. A frozen function
 * instance finds connections that ended without a word: without this, each of its statements would wait for minutes.
 */
const ANSWER_SECONDS = 3;
/** Seconds after its own time-out in which the server must have said something about a statement. */
const SILENCE_MARGIN_SECONDS = 2;

/** Seconds of silence after which a connection counts as dead, while the server may take `statementTimeoutMs`. */
export const silenceSeconds = (statementTimeoutMs: number): number =>
  statementTimeoutMs / 1_000 + SILENCE_MARGIN_SECONDS;

/**
 * A pool that opens its first connection with the first statement.
 *
 * Time-outs: 4 s to connect and at most 1 s between attempts, idle connections closed after 60 s, a transaction left
 * idle ended by the server after 30 s, so that a frozen function instance never holds locks or slots for long. A
 * connection that is silent for too long is destroyed, its statements fail with `CONNECTION_SILENT`, and the next one
 * opens another (docs/decisions/0025).
 */
export const connectDatabase = (settings: Settings): Database =>
  postgres(settings.databaseUrl, {
    max: settings.databasePoolSize,
    prepare: settings.databasePrepare,
    connect_timeout: 4,
    answer_timeout: ANSWER_SECONDS,
    silence_timeout: silenceSeconds(settings.statementTimeoutMs),
    keep_alive: 10,
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
