/** Structured JSON logs, one line an entry, as CloudWatch Logs Insights reads them. */
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
 * What is logged of an error. The rest may be what somebody sent us: an error of ioredis holds its command, and with
 * it all events of a request; one of PostgreSQL may quote the row.
 */
const shown = (error: Error): object => ({
  name: error.name,
  message: error.message,
  code: "code" in error ? error.code : undefined,
  stack: error.stack,
  cause: error.cause,
});
