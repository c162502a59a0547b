/** Structured JSON logs, one line an entry, as CloudWatch Logs Insights reads them. */
import { Logger } from "@aws-lambda-powertools/logger";
import type { Config } from "./config.ts";

export type Log = Pick<Logger, "debug" | "info" | "warn" | "error">;

export const createLogger = (config: Pick<Config, "logLevel">): Log =>
  new Logger({ serviceName: "weir", logLevel: config.logLevel });
