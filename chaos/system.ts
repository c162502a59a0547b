/** The system under test: real servers and our functions, each in its own process, with a proxy on every link. */
import type { ChildProcess } from "node:child_process";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { closeDeps, createDeps, type Deps } from "../lib/app/connect.ts";
import { loadConfig } from "../lib/config/config.ts";
import { migrate } from "../lib/postgres/migrate.ts";
import { ensurePartitions } from "../lib/storage/partitions.ts";
import { ensureAccess } from "../local/access.ts";
import { startPostgres } from "../local/postgres.ts";
import { choosePort } from "../local/process.ts";
import { startRedis } from "../local/redis.ts";
import { createQueues } from "../local/sqs.ts";
import type { Teardown } from "../local/supervise.ts";
import { type Disk, makeDisk } from "./disk.ts";
import { preloadOf } from "./mutants/index.ts";
import type { Options } from "./options.ts";
import { type Part, startChild, startPart } from "./parts.ts";
import { TcpProxy } from "./proxy.ts";

const REGION = "us-east-1";
const APIS = 2;
const WORKERS = 2;
/** Low enough that a pause of a few seconds fills it, so that clients also meet a full queue. */
const QUEUE_MAX_EVENTS = 5_000;
/** Faults cause redeliveries of good messages; several in a row may reach the default on Redis, 5. */
const QUEUE_MAX_DELIVERIES = 20;
const MAX_CONNECTIONS = 40;
/** Events of this type violate a constraint, so that the worker must quarantine them. */
export const REFUSED_TYPE = "chaos.refused";

export interface System {
  queue: Options["queue"];
  postgres: Part;
  redis: Part;
  /** Undefined if the queue is Redis. */
  sqs: Part | undefined;
  apis: readonly Part[];
  workers: readonly Part[];
  /** By the name of their target. `api` has one for each process. */
  proxies: { postgres: TcpProxy; redis: TcpProxy; sqs: TcpProxy | undefined; apis: readonly TcpProxy[] };
  /** Small separate disks that can be filled; undefined if they can't be mounted. */
  disks: { postgres: Disk | undefined; redis: Disk | undefined };
  /** Folders of the servers' files. */
  folders: { postgres: string; redis: string };
  /** Our own connections, bypassing all proxies. */
  deps: Deps;
  adminKey: string;
  /** Makes workers pass each batch to two concurrent invocations, or stops that. */
  deliverTwice(twice: boolean): void;
  /** The complete output of the functions' processes. */
  logFiles(): Promise<string[]>;
}

export interface StartOptions {
  options: Options;
  /** Names of the planned faults. */
  planned: ReadonlySet<string>;
  folder: string;
  /** Collects started parts, even if the start fails. */
  teardown: Teardown;
  say: (line: string) => void;
  /** Called if a part can't be restarted. */
  giveUp: (error: Error) => void;
}

export async function startSystem(start: StartOptions): Promise<System> {
  const { options, planned, folder, teardown, say, giveUp } = start;
  const { queue } = options;
  const folders = { postgres: join(folder, "postgres"), redis: join(folder, "redis") };
  const logs = join(folder, "logs");
  await mkdir(logs, { recursive: true });
  const part = (name: string, start: Parameters<typeof startPart>[0]["start"]): Promise<Part> =>
    startPart({ name, start, teardown, say, giveUp });

  // Only if they will be filled: on an in-memory disk a sync is free.
  const disks = {
    postgres: planned.has("postgres-disk-full") ? await makeDisk(folders.postgres, 512, teardown) : undefined,
    redis: planned.has("redis-disk-full") ? await makeDisk(folders.redis, 256, teardown) : undefined,
  };
  const log = (): void => {};
  const postgres = await part("PostgreSQL", (port) =>
    startPostgres({
      dataDir: folders.postgres,
      port,
      log,
      settings: { max_connections: String(MAX_CONNECTIONS), max_wal_size: "64MB", shared_buffers: "64MB" },
    }),
  );
  const redis = await part("Redis", (port) =>
    startRedis({
      dataDir: folders.redis,
      port,
      log,
      // A rewritten file would hide the position of the last synced byte.
      settings: { appendfsync: options.appendfsync, "auto-aof-rewrite-percentage": "0" },
    }),
  );
  const sqs = queue === "sqs" ? await startSqsPart(folder, logs, part) : undefined;

  const proxyTo = async (target: Part): Promise<TcpProxy> => {
    const proxy = await TcpProxy.start(target.port);
    teardown.add(`The proxy of ${target.name}`, () => proxy.stop());
    return proxy;
  };
  const direct: Record<string, string> = {
    DATABASE_URL: postgres.url,
    DATABASE_POOL_SIZE: "4",
    REDIS_URL: redis.url,
    QUEUE: queue,
    QUEUE_MAX_EVENTS: String(QUEUE_MAX_EVENTS),
    QUEUE_MAX_DELIVERIES: String(QUEUE_MAX_DELIVERIES),
    QUEUE_VISIBILITY_SECONDS: String(options.visibility),
    LOG_LEVEL: "WARN",
    AWS_REGION: REGION,
    ...(sqs && {
      SQS_ENDPOINT: sqs.url,
      SQS_QUEUE_URL: await createQueues({ endpoint: sqs.url, region: REGION }, "weir", {
        visibilitySeconds: options.visibility,
        maxDeliveries: QUEUE_MAX_DELIVERIES,
      }),
    }),
  };
  const deps = createDeps(loadConfig({ ...direct, LOG_LEVEL: "SILENT", DATABASE_POOL_SIZE: "2" }));
  teardown.add("The connections", () => closeDeps(deps));
  const adminKey = await prepare(deps, folder);

  const links = {
    postgres: await proxyTo(postgres),
    redis: await proxyTo(redis),
    sqs: sqs && (await proxyTo(sqs)),
  };
  const environment: Record<string, string> = {
    ...direct,
    DATABASE_URL: throughProxy(postgres.url, links.postgres),
    REDIS_URL: throughProxy(redis.url, links.redis),
    ...(links.sqs && {
      SQS_ENDPOINT: throughProxy(direct.SQS_ENDPOINT ?? "", links.sqs),
      SQS_QUEUE_URL: throughProxy(direct.SQS_QUEUE_URL ?? "", links.sqs),
    }),
    ...(options.mutant && { CHAOS_MUTANT: options.mutant }),
    // A killed process restarts sooner.
    NODE_COMPILE_CACHE: join(folder, "cache"),
  };
  const functions = startFunctions({ logs, environment, part, preload: preloadOf(options.mutant) });
  const [apis, workers] = await Promise.all([functions.apis(), functions.workers()]);
  return {
    queue,
    postgres,
    redis,
    sqs,
    apis,
    workers: workers.map(({ worker }) => worker),
    proxies: { ...links, apis: await Promise.all(apis.map(proxyTo)) },
    disks,
    folders,
    deps,
    adminKey,
    deliverTwice: (twice) => {
      for (const { tell } of workers) tell({ twice });
    },
    logFiles: async () => {
      const names = (await readdir(logs)).filter((name) => /^(?:api|worker)-/.test(name));
      return Promise.all(names.map((name) => readFile(join(logs, name), "utf8")));
    },
  };
}

const throughProxy = (url: string, proxy: TcpProxy): string => {
  const changed = new URL(url);
  changed.hostname = "127.0.0.1";
  changed.port = String(proxy.port);
  return changed.href;
};

type MakePart = (name: string, start: Parameters<typeof startPart>[0]["start"]) => Promise<Part>;

function startSqsPart(folder: string, logs: string, part: MakePart): Promise<Part> {
  const dataDir = join(folder, "sqs");
  return part("SQS", async (requested) => {
    await mkdir(dataDir, { recursive: true });
    const port = await choosePort(join(dataDir, "chosen-port"), requested);
    const logFile = join(logs, "sqs.log");
    return startChild({ module: "sqs", words: [dataDir, String(port)], environment: {}, logFile, port });
  });
}

interface FunctionParts {
  logs: string;
  environment: Record<string, string>;
  part: MakePart;
  /** See `preloadOf`. */
  preload: readonly string[];
}

function startFunctions({ logs, environment, part, preload }: FunctionParts) {
  const api = (number: number): Promise<Part> =>
    part(`API ${number}`, async (requested) => {
      const port = await choosePort(join(logs, `port-of-api-${number}`), requested);
      const logFile = join(logs, `api-${number}.log`);
      return startChild({ module: "api", words: [String(port)], environment, logFile, port });
    });
  const worker = async (number: number) => {
    let child: ChildProcess | undefined;
    const logFile = join(logs, `worker-${number}.log`);
    const started = (process: ChildProcess): void => {
      child = process;
    };
    const made = await part(`Worker ${number}`, () =>
      startChild({
        module: "worker",
        words: [kindOf(number)],
        environment,
        logFile,
        port: 0,
        preload,
        started,
      }),
    );
    const tell = (message: object): void => {
      if (child?.connected) child.send(message, () => {});
    };
    return { worker: made, tell };
  };
  const kindOf = (number: number): string =>
    environment.QUEUE === "redis" && number === WORKERS ? "drain" : "source";
  const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);
  return {
    apis: () => Promise.all(numbers(APIS).map(api)),
    workers: () => Promise.all(numbers(WORKERS).map(worker)),
  };
}

/** @returns an administrator's key */
async function prepare(deps: Deps, folder: string): Promise<string> {
  await migrate(deps.config.databaseUrl);
  await ensurePartitions(deps.sql, deps.config);
  await deps.sql.unsafe(
    `ALTER TABLE events ADD CONSTRAINT chaos_refused CHECK (event_type <> '${REFUSED_TYPE}')`,
  );
  await deps.sql`CREATE TABLE chaos_probe (n integer)`;
  return (await ensureAccess(deps, folder)).adminKey;
}
