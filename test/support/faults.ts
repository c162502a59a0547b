/** Servers that a test may stop, and a worker and readings that cope with that. */
import { execFile } from "node:child_process";
import { cp } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../lib/app/connect.ts";
import { httpHandler } from "../../lib/app/handler.ts";
import type { Config } from "../../lib/config/config.ts";
import * as contract from "../../lib/events/contract.ts";
import { getPipeline } from "../../lib/events/pipeline.ts";
import { getReceipt } from "../../lib/events/receipts.ts";
import { serve } from "../../lib/http/call.ts";
import { drainOnce } from "../../lib/worker/drain-queue.ts";
import type { LocalServer, ServerOptions } from "../../local/process.ts";
import { atEnd } from "./cleanup.ts";
import { gatewayEvent } from "./http/gateway.ts";
import { type Answer, anEvent, context, counts, send, stored, toAnswer } from "./pipeline.ts";
import { tempFolder } from "./servers/temp-folder.ts";

export type OwnServer = Awaited<ReturnType<typeof ownServer>>;

/** Starts a server for this file only, removed after its tests. */
export async function ownServer(
  start: (options: ServerOptions) => Promise<LocalServer>,
  settings: Record<string, string> = {},
) {
  const folder = await tempFolder("fault");
  const copy = join(folder, "copy");
  const run = (port: number): Promise<LocalServer> =>
    start({ dataDir: join(folder, String(generation)), port, log: () => {}, settings });
  let generation = 0;
  let server = await run(0);
  atEnd(() => server.stop());
  const { url, port } = server;
  /** Starts it on the same port with the same data. */
  const restart = async (): Promise<void> => {
    server = await run(port);
  };
  return {
    url,
    stop: () => server.stop(),
    start: restart,
    /** Starts it on the same port without data. */
    startEmpty: (): Promise<void> => {
      generation++;
      return restart();
    },
    /** Copies the data as it is on disk now. */
    copyData: () =>
      cp(join(folder, String(generation)), copy, {
        recursive: true,
        // Node can't copy a socket.
        filter: (path) => !path.endsWith(".sock"),
      }),
    /** Starts it on the same port with the copied data. */
    startFromCopy: async (): Promise<void> => {
      generation++;
      await cp(copy, join(folder, String(generation)), { recursive: true });
      await restart();
    },
    /** Kills it immediately. */
    crash: async (): Promise<void> => {
      process.kill(server.pid, "SIGKILL");
      await server.exited;
    },
    /** Pauses all its processes, so that it neither answers nor closes connections until it is resumed. */
    pause: () => signalAll(server.pid, "SIGSTOP"),
    resume: () => signalAll(server.pid, "SIGCONT"),
  };
}

/** Sends a signal to a process and then to its children; PostgreSQL has one for each connection. */
async function signalAll(pid: number, signal: NodeJS.Signals): Promise<void> {
  process.kill(pid, signal);
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,ppid="]);
  for (const [child, parent] of stdout.split("\n").map((line) => line.trim().split(/\s+/).map(Number)))
    if (parent === pid && child !== undefined) process.kill(child, signal);
}

/** Dependencies as a new function instance has them. */
export function freshDeps(config: Config): Deps {
  const deps = createDeps(config);
  atEnd(() => closeDeps(deps));
  return deps;
}

/** Processes one batch. @returns the error if the worker threw */
export async function workOnce(deps: Deps, maxMessages = 50): Promise<Error | undefined> {
  return drainOnce(deps, { maxMessages }).then(
    () => undefined,
    (error: Error) => error,
  );
}

/** Processes messages, whatever fails, until the queue is empty. */
export async function workUntilEmpty(deps: Deps): Promise<void> {
  const work = async (): Promise<number> => {
    await workOnce(deps).catch(() => {});
    return (await deps.queue.depth()).messages;
  };
  await expect.poll(work, { timeout: 45_000, interval: 20 }).toBe(0);
}

/** Sends until the request is accepted. @returns that answer */
export async function sendUntilTaken(deps: Deps, secret: string, body: unknown): Promise<Answer> {
  let answer = await send(deps, secret, body);
  const attempt = async (): Promise<number> => {
    if (answer.status !== 202) answer = await send(deps, secret, body);
    // Every other answer is a 503, which asks for a retry.
    expect([202, 503]).toContain(answer.status);
    return answer.status;
  };
  await expect.poll(attempt, { timeout: 45_000, interval: 50 }).toBe(202);
  return answer;
}

export const someEvents = (count: number): { events: Record<string, unknown>[] } => ({
  events: Array.from({ length: count }, () => anEvent()),
});

const read = async (deps: Deps, secret: string, path: string, id?: string): Promise<Answer> => {
  const handler = httpHandler(
    () => deps,
    [serve(contract.getPipeline, getPipeline), serve(contract.getReceipt, getReceipt)],
  );
  const headers = { "x-api-key": secret };
  const params = id === undefined ? {} : { params: { receipt_id: id } };
  return toAnswer(await handler(gatewayEvent({ method: "GET", route: path, headers, ...params }), context));
};

export const readPipeline = (deps: Deps, secret: string) => read(deps, secret, "/v1/pipeline");
export const readReceipt = (deps: Deps, secret: string, id: string) =>
  read(deps, secret, "/v1/receipts/{receipt_id}", id);

/** Expects every count to agree: each of the client's events is stored once and none is in quarantine. */
export async function expectStoredOnce(deps: Deps, clientId: string, events: number): Promise<void> {
  expect(await counts(deps, clientId)).toMatchObject(stored(events));
  expect((await deps.queue.depth()).deadLetters).toBe(0);
}

/** Expects a 503 with Retry-After that accepted nothing. */
export function expectUnavailable(answer: Answer, code: string): void {
  expect(answer).toMatchObject({ status: 503, body: { code } });
  expect(answer.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
  expect(answer.body).not.toHaveProperty("receipt_id");
}
