/** Structured JSON logs, one line for each entry, as CloudWatch Logs Insights reads them. */
import { Logger } from "@aws-lambda-powertools/logger";

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

export type LogLevel = "DEBUG" | "INFO" | "WARN" | "ERROR" | "SILENT";

export const createLogger = (config: { logLevel: LogLevel }): Log =>
  new Logger({
    serviceName: "weir",
    logLevel: config.logLevel,
    jsonReplacerFn: (_key, value) => (value instanceof Error ? shown(value) : value),
  });

/**
 * The properties of an error that are logged. Others may hold data of callers: an error of ioredis has its command, and so
 * all events of a request; an error of PostgreSQL may quote the row.
 */
const shown = (error: Error): object => ({
  name: error.name,
  message: error.message,
  code: "code" in error ? error.code : undefined,
  stack: error.stack,
  cause: error.cause,
});
