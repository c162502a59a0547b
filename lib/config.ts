/**
 * The only reader of `process.env`. Every fault in the environment is reported at once, by variable name.
 */
import { z } from "zod";

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

const shared = {
  LOG_LEVEL: z.enum(["DEBUG", "INFO", "WARN", "ERROR", "SILENT"]).default("INFO"),
  /** Which queue carries the events. SQS is issue 3; until it is there, asking for it is an error and not a surprise. */
  QUEUE: z.enum(["redis"]).default("redis"),
};

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
    REDIS_URL: url("redis:", "rediss:"),
    /** How far back `timestamp` may lie, and so how long events are kept. 400 days allow year-over-year questions. */
    RETENTION_DAYS: positiveInt(400, 3_650),
    AUDIT_RETENTION_DAYS: positiveInt(400, 3_650),
    /** How long Redis remembers an event id at the least; it forgets after at most twice this. */
    DEDUP_WINDOW_SECONDS: positiveInt(900, 86_400),
    /** Events waiting in the queue at which ingest answers 503. */
    QUEUE_MAX_EVENTS: positiveInt(1_000_000),
    /** After this long without an acknowledgement a message is delivered to another worker. */
    QUEUE_VISIBILITY_SECONDS: positiveInt(60, 43_200),
    /** Deliveries after which a message that no worker could process goes to the dead-letter stream. */
    QUEUE_MAX_DELIVERIES: positiveInt(5, 1_000),
  })
  .transform((env) => ({
    logLevel: env.LOG_LEVEL,
    queue: env.QUEUE,
    databaseUrl: env.DATABASE_URL,
    databasePoolSize: env.DATABASE_POOL_SIZE,
    databasePrepare: env.DATABASE_PREPARE,
    statementTimeoutMs: env.DATABASE_STATEMENT_TIMEOUT_MS,
    redisUrl: env.REDIS_URL,
    retentionDays: env.RETENTION_DAYS,
    auditRetentionDays: env.AUDIT_RETENTION_DAYS,
    dedupWindowSeconds: env.DEDUP_WINDOW_SECONDS,
    queueMaxEvents: env.QUEUE_MAX_EVENTS,
    queueVisibilitySeconds: env.QUEUE_VISIBILITY_SECONDS,
    queueMaxDeliveries: env.QUEUE_MAX_DELIVERIES,
  }));

/** What `npm start` needs; a server whose URL is unset is started embedded. */
const localSchema = z
  .object({
    ...shared,
    DATABASE_URL: url("postgres:", "postgresql:").optional(),
    REDIS_URL: url("redis:", "rediss:").optional(),
    HTTP_PORT: port(3000),
    LAMBDA_PORT: port(3002),
    WEIR_DATA_DIR: z.string().min(1).default(".weir"),
  })
  .transform((env) => ({
    logLevel: env.LOG_LEVEL,
    queue: env.QUEUE,
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    httpPort: env.HTTP_PORT,
    lambdaPort: env.LAMBDA_PORT,
    dataDir: env.WEIR_DATA_DIR,
  }));

/** What `npm run localstack` needs. */
const localStackSchema = z
  .object({ LOCALSTACK_PORT: port(4566), WEIR_DATA_DIR: z.string().min(1).default(".weir") })
  .transform((env) => ({ port: env.LOCALSTACK_PORT, dataDir: env.WEIR_DATA_DIR }));

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
    return `  ${name}: ${given[name] === undefined ? "is not set" : issue.message}`;
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
