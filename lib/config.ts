/**
 * The only reader of `process.env`. Every fault in the environment is reported at once, by variable name.
 */
import * as z from "zod";
import { isLocalUrl } from "./local-url.ts";
import { redisNodes } from "./redis/nodes.ts";
import { readPublicKey } from "./trail/checkpoint.ts";

const positiveInt = (fallback: number, max = 2_147_483_647) =>
  z.coerce.number().int().min(1).max(max).default(fallback);
const port = (fallback: number) => z.coerce.number().int().min(1).max(65_535).default(fallback);
const flag = (fallback: "true" | "false") =>
  z
    .enum(["true", "false"])
    .default(fallback)
    .transform((value) => value === "true");
const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    message: `must be a URL that starts with ${protocols.map((p) => `${p}//`).join(" or ")}`,
  });
/** One server, or several of a cluster with commas between them. */
const redisUrl = z.string().refine((urls) => redisNodes(urls).every(isRedisUrl), {
  message: "must be a URL that starts with redis:// or rediss://, or several with commas between them",
});

/** A comma that does not stand between two URLs is in place in a password only. */
function isRedisUrl(text: string): boolean {
  const parsed = URL.parse(text);
  if (parsed === null || !["redis:", "rediss:"].includes(parsed.protocol)) return false;
  return !/,/.test(parsed.host + parsed.pathname);
}

const publicKeys = z.string().transform((text, context) => {
  try {
    return (text.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [text]).map(readPublicKey);
  } catch {
    context.addIssue({ code: "custom", message: "must be Ed25519 public keys in PEM, one after the other" });
    return z.NEVER;
  }
});

const shared = {
  LOG_LEVEL: z.enum(["DEBUG", "INFO", "WARN", "ERROR", "SILENT"]).default("INFO"),
  /** Which queue carries the events: Redis Streams, or SQS. */
  QUEUE: z.enum(["redis", "sqs"]).default("redis"),
  /** A server that stands in for SQS. */
  SQS_ENDPOINT: url("http:", "https:").optional(),
  SQS_QUEUE_URL: url("http:", "https:").optional(),
  AWS_REGION: z.string().min(1).default("us-east-1"),
  /** That REDIS_URL, though it names one node only, is that of a cluster. */
  REDIS_CLUSTER: flag("false"),
};

/** A rule over several variables, checked also where others have faults, so that all are told at once. */
const always = { when: () => true };

/** What a function needs to run. Durations carry their unit in the name. */
const functionSchema = z
  .object({
    ...shared,
    DATABASE_URL: url("postgres:", "postgresql:"),
    /** Connections per function instance. One is right on Lambda, where an instance serves one request at a time. */
    DATABASE_POOL_SIZE: positiveInt(1, 100),
    /** Prepared statements; switch off behind a pooler in transaction mode. */
    DATABASE_PREPARE: flag("true"),
    /** A reading statement that takes longer is cut off and answered with `query-too-broad`. */
    DATABASE_STATEMENT_TIMEOUT_MS: positiveInt(10_000),
    REDIS_URL: redisUrl,
    /** Into how many shards clients are spread, by default 1, on a cluster 16. Must not change while Redis holds data. */
    REDIS_SHARDS: z.coerce.number().int().min(1).max(1_024).optional(),
    /** How far back `timestamp` may lie, and so how long events are kept. 400 days allow year-over-year questions. */
    RETENTION_DAYS: positiveInt(400, 3_650),
    AUDIT_RETENTION_DAYS: positiveInt(400, 3_650),
    /** Public keys that checkpoints are signed with, or have been: Ed25519, PEM, one after the other. */
    AUDIT_PUBLIC_KEYS: publicKeys.optional(),
    /** How long Redis remembers an event id at the least; it forgets after at most twice this. */
    DEDUP_WINDOW_SECONDS: positiveInt(900, 86_400),
    /** Events waiting in the queue at which ingest answers 503; each shard of Redis takes its even part. */
    QUEUE_MAX_EVENTS: positiveInt(1_000_000),
    /** After this long without an acknowledgement a message is delivered to another worker. */
    QUEUE_VISIBILITY_SECONDS: positiveInt(60, 43_200),
    /**
     * Deliveries after which a message that no worker could process is set aside, by default 5, on SQS 100: there it is
     * the queue's `maxReceiveCount`, and an outage of the database counts deliveries as well.
     */
    QUEUE_MAX_DELIVERIES: z.coerce.number().int().min(1).max(1_000).optional(),
    /** Most bytes of events that are packed into one message of SQS. An event alone may be as large as SQS takes. */
    SQS_MESSAGE_BYTES: z.coerce.number().int().min(16_384).max(1_048_576).default(262_144),
  })
  .refine((env) => env.QUEUE !== "sqs" || env.SQS_QUEUE_URL !== undefined, {
    path: ["SQS_QUEUE_URL"],
    message: "is needed with QUEUE=sqs",
    ...always,
  })
  .refine((env) => !isCluster(env) || clusterUrls(env).every(({ pathname }) => /^\/?0?$/.test(pathname)), {
    path: ["REDIS_URL"],
    message: "must not name a database: a cluster has only one",
    ...always,
  })
  .refine((env) => new Set(clusterUrls(env).map(accessOf)).size <= 1, {
    path: ["REDIS_URL"],
    message: "must name nodes of one cluster, with the same protocol, user and password",
    ...always,
  })
  .transform((env) => ({
    logLevel: env.LOG_LEVEL,
    queue: env.QUEUE,
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    databasePrepare: env.DATABASE_PREPARE,
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
    redisUrl: env.REDIS_URL,
    redisCluster: isCluster(env),
    redisShards: env.REDIS_SHARDS ?? (isCluster(env) ? 16 : 1),
    retentionDays: env.RETENTION_DAYS,
    auditRetentionDays: env.AUDIT_RETENTION_DAYS,
    auditPublicKeys: env.AUDIT_PUBLIC_KEYS ?? [],
    dedupWindowSeconds: env.DEDUP_WINDOW_SECONDS,
    queueMaxEvents: env.QUEUE_MAX_EVENTS,
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

/** Those that are URLs; none for a variable that is faulty as it is. */
const clusterUrls = ({ REDIS_URL }: RedisVariables): URL[] =>
  typeof REDIS_URL !== "string" ? [] : redisNodes(REDIS_URL).flatMap((one) => URL.parse(one) ?? []);

const accessOf = ({ protocol, username, password }: URL): string => [protocol, username, password].join(" ");

/** Where the queue on SQS is, and how it is used. */
export interface SqsSettings {
  queueUrl: string;
  endpoint: string | undefined;
  region: string;
  /** Most bytes of events that are packed into one message. */
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

const REMOTE_QUEUE =
  "is not on this machine, where a local run would take messages from others; " +
  "if that is what you want, set WEIR_ALLOW_REMOTE_QUEUE=true";

/** What `npm start` needs; a server whose URL is unset is started embedded. */
const localSchema = z
  .object({
    ...shared,
    DATABASE_URL: url("postgres:", "postgresql:").optional(),
    REDIS_URL: redisUrl.optional(),
    HTTP_PORT: port(3000),
    LAMBDA_PORT: port(3002),
    WEIR_DATA_DIR: z.string().min(1).default(".weir"),
    WEIR_ALLOW_REMOTE_QUEUE: flag("false"),
  })
  .refine((env) => !env.REDIS_CLUSTER || env.REDIS_URL !== undefined, {
    path: ["REDIS_CLUSTER"],
    message: "needs REDIS_URL: the Redis that comes with Weir is no cluster",
    ...always,
  })
  .refine((env) => mayUse(env, env.SQS_ENDPOINT), {
    path: ["SQS_ENDPOINT"],
    message: REMOTE_QUEUE,
    ...always,
  })
  .refine((env) => mayUse(env, env.SQS_QUEUE_URL), {
    path: ["SQS_QUEUE_URL"],
    message: REMOTE_QUEUE,
    ...always,
  })
  .transform((env) => ({
    logLevel: env.LOG_LEVEL,
    queue: env.QUEUE,
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    httpPort: env.HTTP_PORT,
    lambdaPort: env.LAMBDA_PORT,
    dataDir: env.WEIR_DATA_DIR,
    sqsEndpoint: env.SQS_ENDPOINT,
    sqsQueueUrl: env.SQS_QUEUE_URL,
    awsRegion: env.AWS_REGION,
  }));

/** What `npm run localstack` needs. */
const localStackSchema = z
  .object({ LOCALSTACK_PORT: port(4566), WEIR_DATA_DIR: z.string().min(1).default(".weir") })
  .transform((env) => ({ port: env.LOCALSTACK_PORT, dataDir: env.WEIR_DATA_DIR }));

/** A queue elsewhere may be somebody's production: a local worker would consume it. */
function mayUse(
  env: { QUEUE?: string; WEIR_ALLOW_REMOTE_QUEUE?: boolean },
  url: string | undefined,
): boolean {
  const allowed = env.QUEUE !== "sqs" || env.WEIR_ALLOW_REMOTE_QUEUE === true;
  return allowed || url === undefined || !URL.canParse(url) || isLocalUrl(url);
}

export type Config = z.output<typeof functionSchema>;
export type LocalConfig = z.output<typeof localSchema>;
type Environment = Record<string, string | undefined>;

/** The environment is unusable; the message has one line per faulty variable. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

function parse<Schema extends z.ZodType>(schema: Schema, env: Environment): z.output<Schema> {
  // A variable set to nothing (`REDIS_URL= npm start`) means unset, as in every shell script.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ""));
  const result = schema.safeParse(given);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => {
    const name = issue.path.join(".");
    return `  ${name}: ${given[name] === undefined && issue.code !== "custom" ? "is not set" : issue.message}`;
  });
  throw new ConfigError(`The environment is not usable:\n${faults.join("\n")}`);
}

/**
 * Settings of a function, from the environment.
 * @throws {ConfigError} naming every variable that is missing or wrong
 */
export const loadConfig = (env: Environment = process.env): Config => parse(functionSchema, env);

/**
 * Settings of the local system, from the environment.
 * @throws {ConfigError} naming every variable that is wrong
 */
export const loadLocalConfig = (env: Environment = process.env): LocalConfig => parse(localSchema, env);

/**
 * Settings of LocalStack on this machine, from the environment.
 * @throws {ConfigError} naming every variable that is wrong
 */
export const loadLocalStackConfig = (env: Environment = process.env): z.output<typeof localStackSchema> =>
  parse(localStackSchema, env);
