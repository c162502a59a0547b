import postgres from "postgres";
import type { Config } from "../config/config.ts";
import { securePostgres } from "../config/tls.ts";
import { Login, passwordOf } from "./login.ts";
import { types } from "./types.ts";

export type Database = postgres.Sql;
export type Transaction = postgres.TransactionSql;
/** A pool or a transaction on it; statements run on either. */
export type Executor = postgres.ISql;

type Settings = Pick<Config, "databaseUrl" | "databasePoolSize" | "databasePrepare" | "statementTimeoutMs">;

/**
 * Seconds within which an idle connection must answer before a statement on it counts as in progress. After a freeze, a
 * function instance finds connections that ended silently; without this, each of its statements would wait for minutes.
 */
const ANSWER_SECONDS = 3;
/** Seconds after its statement time-out within which the server must have replied. */
const SILENCE_MARGIN_SECONDS = 2;

/** Seconds of silence after which a connection counts as dead, for statements that may take `statementTimeoutMs`. */
export const silenceSeconds = (statementTimeoutMs: number): number =>
  statementTimeoutMs / 1_000 + SILENCE_MARGIN_SECONDS;

/** A client that verifies the server's certificate and name, if the URL has TLS: see `securePostgres`. */
export function connectPostgres<T extends Record<string, postgres.PostgresType>>(
  databaseUrl: string,
  options: postgres.Options<T>,
) {
  const { url, tls } = securePostgres(databaseUrl);
  // Without the host, an address would be compared with the certificate of "localhost".
  return postgres(url, { ...options, ssl: tls ? { ...tls, host: new URL(url).hostname } : false });
}

/**
 * A pool that opens its first connection with the first statement.
 *
 * Time-outs: 4 s to connect, with at most 1 s between attempts; idle connections are closed after 60 s; the server ends
 * an idle transaction after 30 s, so that a frozen function instance never holds locks or slots for long. A connection
 * that is silent for too long is destroyed: its statements fail with `CONNECTION_SILENT`, and the next statement opens
 * another connection (docs/decisions/0025).
 * @param renew returns the password that is valid now, if it may change: called when the server has refused the one before
 */
export function connectDatabase(settings: Settings, renew?: () => Promise<string>): Database {
  const login = renew && new Login(passwordOf(settings.databaseUrl), renew);
  const sql: Database = connectPostgres(settings.databaseUrl, {
    ...(login && {
      password: () => {
        // The library reports only parameters that differ from these, and only a server that has accepted a login sends any.
        for (const name of Object.keys(sql.parameters)) Reflect.deleteProperty(sql.parameters, name);
        return login.password();
      },
      onparameter: () => login.accepted(),
    }),
    max: settings.databasePoolSize,
    prepare: settings.databasePrepare,
    connect_timeout: 4,
    answer_timeout: ANSWER_SECONDS,
    silence_timeout: silenceSeconds(settings.statementTimeoutMs),
    keep_alive: 10,
    // The library's default pauses grow to 20 s, during which statements wait instead of failing or running.
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
      // Times are compared and printed in UTC, whatever the server's time zone.
      TimeZone: "UTC",
    },
  });
  return sql;
}
