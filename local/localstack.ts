/** Runs LocalStack without a container: SQS (and IAM, CloudFormation, EventBridge) with its state only in memory. */

import { spawn } from "node:child_process";
import { mkdir, open, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { z } from "zod";
import { howItEnds } from "../lib/base/child.ts";
import { ensureLocalStack, LOCALSTACK_FILES } from "./localstack-venv.ts";
import {
  choosePort,
  commandLine,
  endProcess,
  isPortFree,
  killGroup,
  type LocalServer,
  lastLines,
  once,
  type ServerOptions,
  waitUntil,
} from "./process.ts";

/** A start takes 6 s on two cores, mostly for imports; the first one longer, since Python compiles everything. */
const START_TIMEOUT_MS = 180_000;
/** Its state is only in memory, so killing it after this time loses nothing. */
const STOP_TIMEOUT_MS = 15_000;
const SERVICES =
  "cloudformation,cloudwatch,ec2,events,iam,kms,lambda,logs,s3,scheduler,secretsmanager,sns,sqs,ssm,sts";

export interface LocalStackOptions extends ServerOptions {
  /** Installation folder; several runs may share it. */
  venvDir: string;
  /** Aborts the installation or the start. */
  signal?: AbortSignal;
}

export interface LocalStack extends LocalServer {
  /** The queue that localstack/ready.d created. */
  queueUrl: string;
}

const initSchema = z.object({
  completed: z.boolean(),
  scripts: z.array(z.object({ name: z.string(), state: z.string() })),
});

/**
 * Starts LocalStack on 127.0.0.1, with its log in `dataDir/localstack.log`, and resolves when localstack/ready.d is done.
 * First ends one that an earlier run left behind.
 * @throws with its last log lines if it does not come up or one of the scripts fails
 */
export async function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  const dataDir = resolve(options.dataDir);
  const python = await ensureLocalStack(options);
  await layOut(dataDir);
  await endLeftover(dataDir, options.log);
  const port = await choosePort(join(dataDir, "port"), options.port);
  if (!(await isPortFree(port)))
    throw new Error(`Port ${port} is in use; choose another: LOCALSTACK_PORT=${port + 1}`);
  return startServer(python, dataDir, port, options);
}

/** Creates LocalStack's root folder, with our scripts at the same path as in its image. */
async function layOut(dataDir: string): Promise<void> {
  const etc = join(dataDir, "root", "etc", "localstack");
  await mkdir(etc, { recursive: true });
  await rm(join(etc, "init"), { recursive: true, force: true });
  await symlink(LOCALSTACK_FILES, join(etc, "init"));
}

const pidFile = (dataDir: string): string => join(dataDir, "localstack.pid");

async function endLeftover(dataDir: string, log: ServerOptions["log"]): Promise<void> {
  const pid = Number(await readFile(pidFile(dataDir), "utf8").catch(() => "0"));
  if (pid <= 0 || !(await commandLine(pid)).includes(join(LOCALSTACK_FILES, "serve.py"))) return;
  log(`Stopping a LocalStack that an earlier run left behind (process ${pid})`);
  await endProcess(pid, "SIGTERM", STOP_TIMEOUT_MS, "SIGKILL");
}

async function startServer(
  python: string,
  dataDir: string,
  port: number,
  { log, settings, signal }: LocalStackOptions,
): Promise<LocalStack> {
  const logFile = join(dataDir, "localstack.log");
  const file = await open(logFile, "w", 0o600);
  // Its own process group: Ctrl-C in the terminal must not end it before its clients.
  const child = spawn(python, [join(LOCALSTACK_FILES, "serve.py")], {
    detached: true,
    cwd: dataDir,
    stdio: ["ignore", file.fd, file.fd],
    env: { ...process.env, ...environment(dataDir, port), ...settings },
  });
  const { pid } = child;
  const exited = howItEnds(child).finally(() => {
    // It may have started child processes, which would keep the folder in use.
    if (pid !== undefined) killGroup(pid);
    return file.close();
  });
  if (pid === undefined) throw new Error(`LocalStack could not be started: ${await exited}`);
  await writeFile(pidFile(dataDir), String(pid));
  const stop = once(() => endProcess(pid, "SIGTERM", STOP_TIMEOUT_MS, "SIGKILL"));
  const url = `http://127.0.0.1:${port}`;
  const startedAt = Date.now();
  let failed: string[] = [];
  const ready = await waitUntil(
    async () => {
      const state = await initState(url);
      failed = state?.scripts.filter((script) => script.state === "ERROR").map(({ name }) => name) ?? [];
      return state?.completed === true;
    },
    START_TIMEOUT_MS,
    Promise.race([exited, aborted(signal)]),
  );
  if (!ready || failed.length > 0) {
    await stop();
    signal?.throwIfAborted();
    const what = ready ? `could not run ${failed.join(", ")}` : "did not start";
    throw new Error(`LocalStack ${what}. Its last log lines:\n${await lastLines(logFile, 15)}`);
  }
  log(`LocalStack ready on 127.0.0.1:${port} after ${((Date.now() - startedAt) / 1_000).toFixed(1)} s`);
  return { url, queueUrl: `${url}/queue/us-east-1/000000000000/weir`, port, pid, exited, stop };
}

const aborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    signal?.addEventListener("abort", () => resolve(), { once: true });
  });

const environment = (dataDir: string, port: number): Record<string, string> => ({
  SERVICES,
  // Services load when first called: loading all would take a minute.
  EAGER_SERVICE_LOADING: "0",
  GATEWAY_LISTEN: `127.0.0.1:${port}`,
  // Host in queue URLs: the default is a public DNS name for 127.0.0.1, which needs a name server.
  LOCALSTACK_HOST: `127.0.0.1:${port}`,
  SQS_ENDPOINT_STRATEGY: "path",
  FILESYSTEM_ROOT: join(dataDir, "root"),
  // If it mistakes the machine for its container, it writes to /etc, /usr and /var.
  OVERRIDE_IN_DOCKER: "0",
  // No DNS server, no certificate download, no usage reports.
  DNS_ADDRESS: "0",
  SKIP_SSL_CERT_DOWNLOAD: "1",
  DISABLE_EVENTS: "1",
  PYTHONUNBUFFERED: "1",
});

/** Progress of localstack/ready.d; undefined while the server does not answer. */
const initState = (url: string): Promise<z.output<typeof initSchema> | undefined> =>
  fetch(`${url}/_localstack/init/ready`, { signal: AbortSignal.timeout(2_000) })
    .then((response) => response.json())
    .then(
      (body) => initSchema.parse(body),
      () => undefined,
    );
