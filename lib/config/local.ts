/** Settings of the local system, from the environment. In a module of its own, so that functions do not load it. */
import * as z from "zod";
import { archiveVariables } from "./archive.ts";
import { auditVariables } from "./audit.ts";
import { always, type Environment, parse, shared } from "./config.ts";
import { databaseUrl, flag, port, redisUrl } from "./fields.ts";
import { isLocalUrl } from "./local-url.ts";

const REMOTE_QUEUE =
  "is not on this machine, so a local run could consume messages of other systems; " +
  "to allow it, set WEIR_ALLOW_REMOTE_QUEUE=true";

/** Variables of `npm start`; a server whose URL is unset is started embedded. */
const localVariables = {
  ...shared,
  DATABASE_URL: databaseUrl.optional(),
  REDIS_URL: redisUrl.optional(),
  HTTP_PORT: port(3000),
  LAMBDA_PORT: port(3002),
  WEIR_DATA_DIR: z.string().min(1).default(".weir"),
  WEIR_ALLOW_REMOTE_QUEUE: flag("false"),
  AUDIT_CHECKPOINT_BUCKET: auditVariables.AUDIT_CHECKPOINT_BUCKET,
  ARCHIVE_BUCKET: archiveVariables.ARCHIVE_BUCKET,
  S3_ENDPOINT: auditVariables.S3_ENDPOINT,
};

const localSchema = z
  .object(localVariables)
  .refine((env) => !env.REDIS_CLUSTER || env.REDIS_URL !== undefined, {
    path: ["REDIS_CLUSTER"],
    message: "requires REDIS_URL: the embedded Redis is not a cluster",
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
  .refine((env) => env.AUDIT_CHECKPOINT_BUCKET === undefined || isLocal(env.S3_ENDPOINT), {
    path: ["AUDIT_CHECKPOINT_BUCKET"],
    message:
      "requires an S3_ENDPOINT on this machine: in a remote bucket, a local run would lock its objects for years",
    ...always,
  })
  .refine((env) => env.ARCHIVE_BUCKET === undefined || isLocal(env.S3_ENDPOINT), {
    path: ["ARCHIVE_BUCKET"],
    message:
      "requires an S3_ENDPOINT on this machine: in a remote bucket, a local run could overwrite the archive of another system",
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

/** Variables by which the command line finds a system. It consumes no messages, so the queue may be anywhere. */
const systemSchema = z
  .object({
    DATABASE_URL: localVariables.DATABASE_URL,
    REDIS_URL: localVariables.REDIS_URL,
    WEIR_DATA_DIR: localVariables.WEIR_DATA_DIR,
  })
  .transform((env) => ({
    databaseUrl: env.DATABASE_URL,
    redisUrl: env.REDIS_URL,
    dataDir: env.WEIR_DATA_DIR,
  }));

/** Variables of `npm run localstack`. */
const localStackSchema = z
  .object({ LOCALSTACK_PORT: port(4566), WEIR_DATA_DIR: z.string().min(1).default(".weir") })
  .transform((env) => ({ port: env.LOCALSTACK_PORT, dataDir: env.WEIR_DATA_DIR }));

/** A queue elsewhere may be a production queue, which a local worker would consume. */
function mayUse(
  env: { QUEUE?: string; WEIR_ALLOW_REMOTE_QUEUE?: boolean },
  url: string | undefined,
): boolean {
  const allowed = env.QUEUE !== "sqs" || env.WEIR_ALLOW_REMOTE_QUEUE === true;
  return allowed || url === undefined || !URL.canParse(url) || isLocalUrl(url);
}

const isLocal = (url: string | undefined): boolean =>
  url !== undefined && URL.canParse(url) && isLocalUrl(url);

export type LocalConfig = z.output<typeof localSchema>;

/**
 * Settings of the local system, from the environment.
 * @throws {ConfigError} naming every variable that is wrong
 */
export const loadLocalConfig = (env: Environment = process.env): LocalConfig => parse(localSchema, env);

/**
 * Where the command line finds a system: its servers, or else the data folder of one that `npm start` runs.
 * @throws {ConfigError} naming every variable that is wrong
 */
export const loadSystemConfig = (env: Environment = process.env): z.output<typeof systemSchema> =>
  parse(systemSchema, env);

/**
 * Settings of LocalStack on this machine, from the environment.
 * @throws {ConfigError} naming every variable that is wrong
 */
export const loadLocalStackConfig = (env: Environment = process.env): z.output<typeof localStackSchema> =>
  parse(localStackSchema, env);
