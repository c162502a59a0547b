/** Settings of `npm run serve`, besides those of the functions. In a module of its own, so that functions do not load it. */
import proxyAddr from "proxy-addr";
import * as z from "zod";
import { type Environment, parse } from "./config.ts";
import { flag, port, positiveInt } from "./fields.ts";
import { exportsTraces, tracingVariables } from "./tracing.ts";

/** Addresses and subnets, separated by commas, as `proxy-addr` takes them. */
const proxies = z
  .string()
  .default("")
  .transform((text) => text.split(",").flatMap((one) => one.trim() || []))
  .refine(
    (list) => {
      try {
        proxyAddr.compile(list);
        return true;
      } catch {
        return false;
      }
    },
    { message: "must be addresses or subnets separated by commas, such as 10.0.0.0/8,127.0.0.1" },
  );

export const serveVariables = {
  /** What this process runs: the API, the workers and schedules, or both. */
  SERVE: z.enum(["all", "api", "background"]).default("all"),
  /** Address to listen on; `0.0.0.0` or `::` for all. */
  HTTP_HOST: z.string().min(1).default("127.0.0.1"),
  HTTP_PORT: port(3000),
  /** Proxies whose `X-Forwarded-For` is believed. */
  TRUSTED_PROXIES: proxies,
  /** Requests in progress beyond which the API responds with 503 `overloaded`. */
  MAX_REQUESTS_IN_FLIGHT: positiveInt(1_000, 100_000),
  /** With SERVE=all: number of processes for the workers and schedules; 0 runs them in the process of the API. */
  BACKGROUND_PROCESSES: z.coerce.number().int().min(0).max(64).default(1),
  /** Batches that one background process stores at a time. */
  WORKER_CONCURRENCY: positiveInt(2, 64),
  /** Time between two checkpoints of the audit trail. */
  CHECKPOINT_MINUTES: positiveInt(5, 30),
  /** After SIGTERM: how long new connections are still accepted, so that a load balancer can choose another server. */
  SHUTDOWN_GRACE_SECONDS: z.coerce.number().int().min(0).max(300).default(5),
  /** Whether to bring the schema up to date at the start. */
  MIGRATE: flag("true"),
  ...tracingVariables,
};

const serveSchema = z.object(serveVariables).transform((env) => ({
  serve: env.SERVE,
  host: env.HTTP_HOST,
  port: env.HTTP_PORT,
  trustedProxies: env.TRUSTED_PROXIES,
  maxInFlight: env.MAX_REQUESTS_IN_FLIGHT,
  backgroundProcesses: env.BACKGROUND_PROCESSES,
  workerConcurrency: env.WORKER_CONCURRENCY,
  checkpointMinutes: env.CHECKPOINT_MINUTES,
  graceMs: env.SHUTDOWN_GRACE_SECONDS * 1_000,
  migrate: env.MIGRATE,
  exportsTraces: exportsTraces(env),
  traceLinkLimit: env.OTEL_SPAN_LINK_COUNT_LIMIT,
}));

export type ServeConfig = z.output<typeof serveSchema>;

/**
 * Settings of the server, from the environment.
 * @throws {ConfigError} naming every variable that is wrong
 */
export const loadServeConfig = (env: Environment = process.env): ServeConfig => parse(serveSchema, env);
