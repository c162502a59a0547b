/** Runs the complete system as `npm start` does, in separate processes, on the bench's servers. */

import { spawn } from "node:child_process";
import { mkdtemp, open, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { createDeps, type Deps } from "../lib/app/connect.ts";
import { howItEnds } from "../lib/base/child.ts";
import { type Config, loadConfig } from "../lib/config/config.ts";
import { readDevFile } from "../local/dev-file.ts";
import { endProcess, waitUntil } from "../local/process.ts";
import { freePort } from "../test/support/servers/ports.ts";
import { type HttpClient, httpClient } from "./http-client.ts";
import type { Servers } from "./servers.ts";

const START = fileURLToPath(new URL("../local/start.ts", import.meta.url));
const START_TIMEOUT_MS = 120_000;
const CONNECTIONS = 256;
const RATE = 1_000_000;

export interface System {
  queue: Config["queue"];
  client: HttpClient;
  /** The bench's own connection. */
  sql: postgres.Sql;
  /** For reading the queue's depth. */
  deps: Deps;
}

export async function startSystem(servers: Servers, queue: Config["queue"]): Promise<System> {
  const environment = await servers.environment(`system_${queue}`, 4);
  const dataDir = await mkdtemp(join(servers.folder, "system-"));
  const log = await open(join(dataDir, "start.log"), "w");
  const child = spawn(process.execPath, [START], {
    detached: true,
    stdio: ["ignore", log.fd, log.fd],
    env: {
      ...process.env,
      ...environment,
      LOG_LEVEL: "WARN",
      QUEUE: queue,
      HTTP_PORT: String(await freePort()),
      WEIR_DATA_DIR: dataDir,
    },
  });
  const exited = howItEnds(child).finally(() => log.close());
  const { pid } = child;
  if (pid === undefined) throw new Error(`Weir could not be started: ${await exited}`);
  servers.atEnd(() => endProcess(pid, "SIGTERM", 20_000, "SIGKILL"));
  const up = async (): Promise<boolean> => (await readDevFile(dataDir)) !== undefined;
  if (!(await waitUntil(up, START_TIMEOUT_MS, exited)))
    throw new Error(`Weir did not start:\n${await readFile(join(dataDir, "start.log"), "utf8")}`);
  const dev = await readDevFile(dataDir);
  if (!dev) throw new Error("Weir's dev.json is missing.");
  const { sqsEndpoint: SQS_ENDPOINT, sqsQueueUrl: SQS_QUEUE_URL } = dev;
  const deps = createDeps(
    loadConfig({ ...environment, QUEUE: queue, SQS_ENDPOINT, SQS_QUEUE_URL, DATABASE_POOL_SIZE: "1" }),
  );
  const sql = postgres(environment.DATABASE_URL ?? "", { max: 2, onnotice: () => {} });
  const client = httpClient(dev.url, dev.apiKey, CONNECTIONS);
  servers.atEnd(async () => {
    client.close();
    await Promise.allSettled([sql.end({ timeout: 1 }), deps.queue.close(), deps.sql.end({ timeout: 1 })]);
    deps.redis.disconnect();
  });
  await liftLimit(dev.url, dev.adminKey);
  return { queue, client, sql, deps };
}

/** Otherwise the demo client's limit would be measured. */
async function liftLimit(url: string, adminKey: string): Promise<void> {
  const answer = await fetch(`${url}/v1/clients/demo`, {
    method: "PATCH",
    headers: { "x-api-key": adminKey, "content-type": "application/json" },
    body: JSON.stringify({ rate_limit_per_second: RATE, burst: RATE }),
  });
  if (!answer.ok) throw new Error(`The client's limit could not be set: ${await answer.text()}`);
}
