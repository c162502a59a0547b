/** Runs the complete system on one machine: the servers, and the functions with their triggers. */
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { closeDeps, createDeps, createQueue, type Deps } from "../lib/app/connect.ts";
import { type Config, loadConfig } from "../lib/config/config.ts";
import { databaseSettings, redisSettings, settingWarnings } from "../lib/health/server-settings.ts";
import { bringUpToDate } from "../lib/storage/bring-up-to-date.ts";
import { buildPages } from "../web/build.ts";
import { ensureAccess } from "./access.ts";
import { type ApiOptions, endLeftoverApi, invocationUrl, logFolder } from "./api.ts";
import { ensureAuditKey } from "./audit-key.ts";
import { type DevFile, writeDevFile } from "./dev-file.ts";
import { invokeOver, startEventSource } from "./event-source.ts";
import { startPostgres } from "./postgres.ts";
import { commandLine, isPortFree } from "./process.ts";
import { startReadBack } from "./read-back.ts";
import { startRedis } from "./redis.ts";
import { createQueues, startSqs } from "./sqs.ts";
import { supervise, Teardown } from "./supervise.ts";
import { superviseApi } from "./supervise-api.ts";

/** Its dead-letter queue is `weir-dead`. */
const QUEUE_NAME = "weir";
/** The worker's time-out; after it the messages may be delivered again. */
const INVOCATION_TIMEOUT_MS = 60_000;

export interface StackOptions {
  /** What serves the functions: Weir's own gateway by default, or serverless-offline. */
  gateway?: ApiOptions["gateway"] | undefined;
  httpPort: number;
  /** Used by serverless-offline only. */
  lambdaPort: number;
  /** Folder of all data of the system; two systems never share one. */
  dataDir: string;
  /** A server to use instead of an embedded one. */
  databaseUrl?: string | undefined;
  redisUrl?: string | undefined;
  /** The queue of the events; by default Redis. */
  queue?: Config["queue"] | undefined;
  /** With SQS: a server to use instead of fauxqs, such as LocalStack. */
  sqsEndpoint?: string | undefined;
  /** With SQS: an existing queue; by default a queue and its dead-letter queue are created. */
  sqsQueueUrl?: string | undefined;
  awsRegion?: string | undefined;
  /** Called with each line of progress. */
  say: (line: string) => void;
  /** Environment variables of the functions; they override those of this process. */
  environment?: Record<string, string>;
  /** Aborts the start. */
  signal?: AbortSignal;
  /** Collects started parts, for a caller who must be able to kill them at any time. */
  teardown?: Teardown;
}

export interface Stack extends DevFile {
  /** Resolves with the reason if a part ended and could not be restarted. */
  failed: Promise<Error>;
  /** Stops everything; resolves with a sentence per failure. */
  stop(): Promise<string[]>;
}

/**
 * Starts everything and resolves when the API answers.
 * @throws with one clear message; started parts have then been stopped
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const teardown = options.teardown ?? new Teardown();
  try {
    return await bringUp({ ...options, dataDir: resolve(options.dataDir) }, teardown);
  } catch (error) {
    const faults = await teardown.stop();
    for (const fault of faults) options.say(fault);
    throw error;
  }
}

async function bringUp(options: StackOptions, teardown: Teardown): Promise<Stack> {
  const { gateway = "serve", httpPort, lambdaPort, dataDir, say, signal } = options;
  const failure = Promise.withResolvers<Error>();
  await takeDataDir(dataDir, teardown);
  await endLeftoverApi(dataDir, say);
  await checkPorts({ HTTP_PORT: httpPort, ...(gateway === "offline" && { LAMBDA_PORT: lambdaPort }) });
  // Meanwhile; it is awaited before the server starts.
  const pages = buildPages(say);
  pages.catch(() => {});
  const servers = await startServers(options, teardown, failure.resolve);
  signal?.throwIfAborted();

  const signed = await addAuditKey(functionEnvironment(options, servers), dataDir);
  const environment = await addQueue(signed.environment, options, teardown);
  signal?.throwIfAborted();
  const config = loadConfig(environment);
  const deps = createDeps(config);
  teardown.add("The connections", () => closeDeps(deps));

  await Promise.all([prepareDatabase(deps, say), pages]);
  signal?.throwIfAborted();
  if (gateway === "offline") say("Building the functions and starting serverless-offline …");
  const apiOptions = { gateway, httpPort, lambdaPort, dataDir, environment, signal };
  const [keys, api] = await Promise.all([
    ensureAccess(deps, dataDir),
    superviseApi(apiOptions, teardown, say, failure.resolve),
  ]);
  signal?.throwIfAborted();

  if (gateway === "offline") {
    const source = startEventSource({
      createQueue: () => createQueue(deps.redis, deps.shards, config),
      invoke: invokeOver(invocationUrl(lambdaPort, "worker"), INVOCATION_TIMEOUT_MS),
      log: say,
    });
    teardown.add("The event source", source.stop);
  }
  const readBack = startReadBack(deps, logFolder(dataDir), say);
  teardown.add("Audit-row recovery", readBack.stop);
  const dev: DevFile = {
    url: api.url,
    ...keys,
    databaseUrl: servers.databaseUrl,
    redisUrl: servers.redisUrl,
    redisCluster: config.redisCluster,
    redisShards: config.redisShards,
    queue: config.queue,
    auditPublicKey: signed.publicKeyFile,
    ...(config.sqs && { sqsEndpoint: config.sqs.endpoint, sqsQueueUrl: config.sqs.queueUrl }),
  };
  await writeDevFile(dataDir, dev);
  return { ...dev, failed: failure.promise, stop: () => teardown.stop() };
}

async function checkPorts(ports: Record<string, number>): Promise<void> {
  for (const [variable, port] of Object.entries(ports))
    if (!(await isPortFree(port)))
      throw new Error(
        `Port ${port} is in use, perhaps by another \`npm start\` or another development server. ` +
          `Stop it, or choose another port: ${variable}=${port + 100} npm start`,
      );
}

/** Rejects a folder in use by a running system: a second server on the same files would end the first. */
async function takeDataDir(dataDir: string, teardown: Teardown): Promise<void> {
  await mkdir(dataDir, { recursive: true });
  const file = join(dataDir, "weir.pid");
  const [holder = 0, line] = (await readFile(file, "utf8").catch(() => "")).split("\n");
  const pid = Number(holder);
  if (pid > 0 && pid !== process.pid && line !== "" && (await commandLine(pid)) === line)
    throw new Error(
      `Another Weir (process ${pid}) uses ${dataDir}. Stop it, or choose another folder: WEIR_DATA_DIR=.weir-2 npm start`,
    );
  await writeFile(file, `${process.pid}\n${await commandLine(process.pid)}`);
  teardown.add("The data folder", () => rm(file, { force: true }));
}

interface Servers {
  databaseUrl: string;
  redisUrl: string;
  /** URL for the functions: the embedded Redis' Unix socket if it has one. */
  functionRedisUrl: string;
}

async function startServers(
  { dataDir, databaseUrl, redisUrl, say }: StackOptions,
  teardown: Teardown,
  giveUp: (error: Error) => void,
): Promise<Servers> {
  let socketUrl: string | undefined;
  const startRedisWithSocket: typeof startPostgres = async (options) => {
    const server = await startRedis(options);
    socketUrl = server.socketUrl;
    return server;
  };
  const embedded = async (name: string, start: typeof startPostgres, folder: string): Promise<string> => {
    say(`Starting ${name} …`);
    const run = (port: number) => start({ dataDir: join(dataDir, folder), port, log: say });
    const server = await supervise(name, run, say, giveUp);
    teardown.add(name, server.stop, server.kill);
    return server.url;
  };
  const results = await Promise.allSettled([
    databaseUrl ?? embedded("PostgreSQL", startPostgres, "postgres"),
    redisUrl ?? embedded("Redis", startRedisWithSocket, "redis"),
  ]);
  // Waits for both: a server that comes up after the other has failed must be in the teardown too.
  const [database, redis] = results.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
  return { databaseUrl: database ?? "", redisUrl: redis ?? "", functionRedisUrl: socketUrl ?? redis ?? "" };
}

type Environment = Record<string, string | undefined>;

const functionEnvironment = (
  { environment, gateway, queue = "redis" }: StackOptions,
  { databaseUrl, functionRedisUrl }: Servers,
): Environment => ({
  ...process.env,
  // In serverless-offline all functions share one process; `serve` chooses for itself.
  ...(gateway === "offline" && { DATABASE_POOL_SIZE: "4" }),
  LOG_LEVEL: "WARN",
  ...environment,
  DATABASE_URL: databaseUrl,
  REDIS_URL: functionRedisUrl,
  QUEUE: queue,
});

/** Gives the functions a key to sign checkpoints with, unless one is configured. */
async function addAuditKey(
  environment: Environment,
  dataDir: string,
): Promise<{ environment: Environment; publicKeyFile: string | undefined }> {
  if (environment.AUDIT_SIGNING_KEY || environment.AUDIT_KMS_KEY_ID)
    return { environment, publicKeyFile: undefined };
  const { signingKey, publicKeyFile } = await ensureAuditKey(dataDir);
  return { environment: { ...environment, AUDIT_SIGNING_KEY: signingKey }, publicKeyFile };
}

/** With SQS: starts a server and creates the queues unless given, and adds them to the functions' environment. */
async function addQueue(
  environment: Environment,
  { queue, sqsEndpoint, sqsQueueUrl, awsRegion: region = "us-east-1", dataDir, say }: StackOptions,
  teardown: Teardown,
): Promise<Environment> {
  if (queue !== "sqs") return environment;
  let endpoint = sqsEndpoint;
  if (endpoint === undefined && sqsQueueUrl === undefined) {
    say("Starting SQS …");
    const server = await startSqs({ dataDir: join(dataDir, "sqs"), port: 0, log: say });
    teardown.add("SQS", server.stop);
    endpoint = server.url;
  }
  const known = { ...environment, SQS_ENDPOINT: endpoint, AWS_REGION: region };
  if (sqsQueueUrl !== undefined) return { ...known, SQS_QUEUE_URL: sqsQueueUrl };
  // The queues' attributes come from the functions' settings, in which only the queue's URL is still unknown.
  const { queueVisibilitySeconds, queueMaxDeliveries } = loadConfig({ ...known, SQS_QUEUE_URL: endpoint });
  const url = await createQueues({ endpoint, region }, QUEUE_NAME, {
    visibilitySeconds: queueVisibilitySeconds,
    maxDeliveries: queueMaxDeliveries,
  }).catch(unusable("SQS server", "SQS_ENDPOINT"));
  return { ...known, SQS_QUEUE_URL: url };
}

async function prepareDatabase(deps: Deps, say: StackOptions["say"]): Promise<void> {
  await Promise.all([
    deps.sql`SELECT 1`.catch(unusable("database", "DATABASE_URL")),
    deps.redis.ping().catch(unusable("Redis server", "REDIS_URL")),
  ]);
  const [database, redis, { migrations }] = await Promise.all([
    databaseSettings(deps),
    redisSettings(deps),
    bringUpToDate(deps),
  ]);
  for (const [server, settings] of [
    ["PostgreSQL", database],
    ["Redis", redis],
  ] as const)
    for (const warning of settingWarnings(server, settings)) say(`Warning: ${warning}`);
  if (migrations.length > 0) say(`Database schema migrated (${migrations.join(", ")})`);
}

/** The message omits the URL, which contains a password. */
const unusable = (what: string, variable: string) => (error: Error) => {
  throw new Error(`The ${what} at ${variable} cannot be used: ${error.message}`, { cause: error });
};
