/**
 * The only module, besides local.ts, that reads `process.env`. It reports all faults in the environment at once, by name of
 * the variable.
 */
import * as z from "zod";
import { placeSeed } from "../base/ids.ts";
import { archiveSettings, archiveVariables } from "./archive.ts";
import { auditSettings, auditVariables, signsOnce } from "./audit.ts";
import { databaseUrl, flag, positiveInt, redisUrl, url } from "./fields.ts";
import { redisNodes } from "./redis-nodes.ts";
import { isSocketUrl } from "./redis-socket.ts";
import { securePostgres } from "./tls.ts";

/** The queues of which Weir has an adapter. */
export const QUEUES = ["redis", "sqs"] as const;

/** Variables of both the functions and the local system. */
export const shared = {
  LOG_LEVEL: z.enum(["DEBUG", "INFO", "WARN", "ERROR", "SILENT"]).default("INFO"),
  /** The queue of the events: Redis Streams, or SQS. */
  QUEUE: z.enum(QUEUES).default("redis"),
  /** Endpoint of a replacement for SQS. */
  SQS_ENDPOINT: url("http:", "https:").optional(),
  SQS_QUEUE_URL: url("http:", "https:").optional(),
  AWS_REGION: z.string().min(1).default("us-east-1"),
  /** Set if REDIS_URL is a cluster although it names only one node. */
  REDIS_CLUSTER: flag("false"),
};

/** Checks a rule over several variables even if others have faults, so that all faults are reported at once. */
export const always = { when: () => true };

/** Variables of a function. The names of durations include their unit. */
export const functionVariables = {
  ...shared,
  DATABASE_URL: databaseUrl,
  /** Connections per function instance. One suffices on Lambda, where an instance serves one request at a time. */
  DATABASE_POOL_SIZE: positiveInt(1, 100),
  /** Prepared statements; switch off behind a pooler in transaction mode. */
  DATABASE_PREPARE: flag("true"),
  /** A read statement that takes longer is canceled, and the response is `query-too-broad`. */
  DATABASE_STATEMENT_TIMEOUT_MS: positiveInt(10_000),
  /**
   * Calls of the change feed that one process lets wait at a time; one client has a fifth of them. Well below
   * MAX_REQUESTS_IN_FLIGHT, of which each takes one.
   */
  FEED_MAX_WAITING: positiveInt(250, 100_000),
  REDIS_URL: redisUrl,
  /** Number of shards for clients, by default 1, or 16 on a cluster. Must not change while Redis holds data. */
  REDIS_SHARDS: z.coerce.number().int().min(1).max(1_024).optional(),
  /** Maximum age of `timestamp`, and so the time that events are kept. 400 days allow year-over-year comparisons. */
  RETENTION_DAYS: positiveInt(400, 3_650),
  /** Refuses connections without TLS to servers on other machines. */
  REQUIRE_TLS: flag("false"),
  ...auditVariables,
  ...archiveVariables,
  /**
   * A secret that all functions share, from which the places of seen ids in Redis are derived; by default DATABASE_URL. If it
   * changes, Redis no longer finds ids of busy clients, but the ledger does.
   */
  PLACE_SEED: z.string().min(16).optional(),
  /** Minimum time that Redis remembers an event id; the maximum is twice this. */
  DEDUP_WINDOW_SECONDS: positiveInt(900, 86_400),
  /** Events waiting in the queue at which ingest responds with 503, divided evenly among the Redis shards. */
  QUEUE_MAX_EVENTS: positiveInt(1_000_000),
  /**
   * Bytes of messages waiting in Redis at which ingest responds with 503, divided evenly among the shards. By default 512
   * MiB: a million events of 500 bytes, or half the memory of a 1 GiB Redis. With QUEUE=sqs no messages wait in Redis.
   */
  QUEUE_MAX_BYTES: positiveInt(536_870_912, Number.MAX_SAFE_INTEGER),
  /** Requests that arrive at the same time share a call to Redis. For processes that serve many at once, so not on Lambda. */
  INGEST_COALESCE: flag("false"),
  /** Time without an acknowledgement after which a message is delivered to another worker. */
  QUEUE_VISIBILITY_SECONDS: positiveInt(60, 43_200),
  /**
   * Deliveries after which a message that no worker could process is set aside, by default 5, or 100 on SQS: there it is
   * the queue's `maxReceiveCount`, and deliveries during a database outage count too.
   */
  QUEUE_MAX_DELIVERIES: z.coerce.number().int().min(1).max(1_000).optional(),
  /** Maximum bytes of events that are packed into one SQS message. A single event may be as large as SQS allows. */
  SQS_MESSAGE_BYTES: z.coerce.number().int().min(16_384).max(1_048_576).default(262_144),
};

const functionSchema = z
  .object({
    ...functionVariables,
    /** Node.js' own; 0 would switch off the verification of every server. */
    NODE_TLS_REJECT_UNAUTHORIZED: z.string().optional(),
  })
  .refine((env) => env.QUEUE !== "sqs" || env.SQS_QUEUE_URL !== undefined, {
    path: ["SQS_QUEUE_URL"],
    message: "is required with QUEUE=sqs",
    ...always,
  })
  .refine((env) => !isCluster(env) || clusterUrls(env).every(({ pathname }) => /^\/?0?$/.test(pathname)), {
    path: ["REDIS_URL"],
    message: "must not specify a database: a cluster has only one",
    ...always,
  })
  .refine((env) => !isCluster(env) || !isSocketUrl(env.REDIS_URL ?? ""), {
    path: ["REDIS_URL"],
    message: "must not be a Unix socket: the nodes of a cluster are reached by their addresses",
    ...always,
  })
  .refine((env) => new Set(clusterUrls(env).map(accessOf)).size <= 1, {
    path: ["REDIS_URL"],
    message: "must list nodes of one cluster, with the same protocol, user and password",
    ...always,
  })
  .refine((env) => !env.REQUIRE_TLS || isSecureDatabase(env.DATABASE_URL), {
    path: ["DATABASE_URL"],
    message: "must have sslmode=verify-full, since REQUIRE_TLS is true",
    ...always,
  })
  .refine((env) => !env.REQUIRE_TLS || clusterUrls(env).every(({ protocol }) => protocol === "rediss:"), {
    path: ["REDIS_URL"],
    message: "must start with rediss://, since REQUIRE_TLS is true",
    ...always,
  })
  .refine((env) => !env.REQUIRE_TLS || env.NODE_TLS_REJECT_UNAUTHORIZED !== "0", {
    path: ["NODE_TLS_REJECT_UNAUTHORIZED"],
    message: "must not be 0, since REQUIRE_TLS is true",
    ...always,
  })
  .refine(signsOnce, {
    path: ["AUDIT_KMS_KEY_ID"],
    message: "can't be set together with AUDIT_SIGNING_KEY",
    ...always,
  })
  .transform((env) => ({
    logLevel: env.LOG_LEVEL,
    queue: env.QUEUE,
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    databasePrepare: env.DATABASE_PREPARE,
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
    feedMaxWaiting: env.FEED_MAX_WAITING,
    redisUrl: env.REDIS_URL,
    redisCluster: isCluster(env),
    redisShards: env.REDIS_SHARDS ?? (isCluster(env) ? 16 : 1),
    retentionDays: env.RETENTION_DAYS,
    ...auditSettings(env),
    archive: archiveSettings(env),
    dedupWindowSeconds: env.DEDUP_WINDOW_SECONDS,
    placeSeed: placeSeed(env.PLACE_SEED ?? env.DATABASE_URL),
    queueMaxEvents: env.QUEUE_MAX_EVENTS,
    queueMaxBytes: env.QUEUE_MAX_BYTES,
    ingestCoalesce: env.INGEST_COALESCE,
    queueVisibilitySeconds: env.QUEUE_VISIBILITY_SECONDS,
    queueMaxDeliveries: env.QUEUE_MAX_DELIVERIES ?? (env.QUEUE === "sqs" ? 100 : 5),
    sqs: env.QUEUE === "sqs" ? sqsOf(env) : undefined,
  }));

interface RedisVariables {
  REDIS_URL?: string | undefined;
  REDIS_CLUSTER?: boolean | undefined;
}

const isCluster = (env: RedisVariables): boolean =>
  env.REDIS_CLUSTER === true || redisNodes(env.REDIS_URL ?? "").length > 1;

/** False only for a valid URL; another check reports an invalid one. */
function isSecureDatabase(url: string | undefined): boolean {
  try {
    return securePostgres(url ?? "").tls !== undefined;
  } catch {
    return true;
  }
}

/** The valid URLs in REDIS_URL; another check reports invalid ones. */
const clusterUrls = ({ REDIS_URL }: RedisVariables): URL[] =>
  typeof REDIS_URL !== "string" || isSocketUrl(REDIS_URL)
    ? []
    : redisNodes(REDIS_URL).flatMap((one) => URL.parse(one) ?? []);

const accessOf = ({ protocol, username, password }: URL): string => [protocol, username, password].join(" ");

/** Settings of the SQS queue. */
export interface SqsSettings {
  queueUrl: string;
  endpoint: string | undefined;
  region: string;
  /** Maximum bytes of events that are packed into one message. */
  messageBytes: number;
}

const sqsOf = (env: {
  SQS_QUEUE_URL?: string | undefined;
  SQS_ENDPOINT?: string | undefined;
  AWS_REGION: string;
  SQS_MESSAGE_BYTES: number;
}): SqsSettings => ({
  queueUrl: env.SQS_QUEUE_URL ?? "",
  endpoint: env.SQS_ENDPOINT,
  region: env.AWS_REGION,
  messageBytes: env.SQS_MESSAGE_BYTES,
});

export type Config = z.output<typeof functionSchema>;
/** Reads the settings again: passwords in them may have changed. */
export type RenewConfig = () => Promise<Config>;
export type Environment = Record<string, string | undefined>;

/** The environment is invalid; the message has one line for each faulty variable. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** @throws {ConfigError} naming every variable that is missing or wrong */
export function parse<Schema extends z.ZodType>(schema: Schema, env: Environment): z.output<Schema> {
  // An empty variable (`REDIS_URL= npm start`) counts as unset, as is usual in shell scripts.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return `  ${name}: ${given[name] === undefined && issue.code !== "custom" ? "is not set" : issue.message}`;
  });
  throw new ConfigError(`The environment is invalid:\n${faults.join("\n")}`);
}

/**
 * Settings of a function, from the environment.
 * @throws {ConfigError} naming every variable that is missing or wrong
 */
export const loadConfig = (env: Environment = process.env): Config => parse(functionSchema, env);

/**
 * Settings of a function whose secret has further variables.
 * @throws {ConfigError} naming every variable that is missing or wrong
 */
export const loadConfigWith = (secret: Environment): Config => loadConfig({ ...process.env, ...secret });
