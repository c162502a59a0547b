/** `npm start` is killed after the queue was unreachable: the next start recovers the audit rows that only its log holds. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { afterAll, expect, it } from "vitest";
import { startRedis } from "../../local/redis.ts";
import { ownServer } from "../support/faults.ts";
import { testServers } from "../support/servers/deps.ts";
import { freePort } from "../support/servers/ports.ts";

const START = fileURLToPath(new URL("../../local/start.ts", import.meta.url));
let child: ChildProcess | undefined;

const ended = (one: ChildProcess): Promise<unknown> =>
  one.exitCode !== null || one.signalCode !== null
    ? Promise.resolve()
    : new Promise((resolve) => one.once("exit", resolve));

afterAll(async () => {
  if (!child) return;
  child.kill("SIGTERM");
  await ended(child);
});

it("npm start recovers logged audit rows once, and then none is missing", async () => {
  const dataDir = await mkdtemp(join(tmpdir(), "weir-restart-"));
  const redis = await ownServer(startRedis);
  const { databaseUrl } = await testServers();
  const ports = { HTTP_PORT: String(await freePort()), LAMBDA_PORT: String(await freePort()) };
  const url = `http://127.0.0.1:${ports.HTTP_PORT}`;
  const start = async (): Promise<() => string> => {
    const env = {
      ...process.env,
      ...ports,
      DATABASE_URL: databaseUrl,
      REDIS_URL: redis.url,
      WEIR_DATA_DIR: dataDir,
    };
    const begun = spawn(process.execPath, [START], { env, stdio: ["ignore", "pipe", "pipe"] });
    child = begun;
    let printed = "";
    for (const stream of [begun.stdout, begun.stderr])
      stream.on("data", (chunk: Buffer) => {
        printed += chunk.toString();
      });
    await expect
      .poll(() => begun.exitCode !== null || printed.includes("Press Ctrl-C to stop"), { timeout: 150_000 })
      .toBe(true);
    expect(begun.exitCode, printed).toBeNull();
    return () => printed;
  };
  const crash = async (): Promise<void> => {
    child?.kill("SIGKILL");
    if (child) await ended(child);
  };
  const call = async (): Promise<string> =>
    (await fetch(`${url}/nothing`, { headers: { connection: "close" } })).headers.get("x-request-id") ?? "";

  await start();
  await redis.stop();
  const lost = [await call(), await call(), await call()];
  await crash();
  // The log also has the call that a leftover process of the emulator still answers.
  lost.push(await call());
  await redis.start();

  const sql = postgres(databaseUrl, { max: 1 });
  const entries = async (): Promise<string[]> =>
    (await sql`SELECT request_id FROM audit_log WHERE path = '/nothing'`).map(({ request_id }) => request_id);
  const gaps = async (): Promise<unknown> =>
    ((await (await fetch(`${url}/health`)).json()) as { audit: unknown }).audit;
  for (const said of [true, false]) {
    const printed = await start();
    await expect.poll(async () => (await entries()).sort(), { timeout: 45_000 }).toEqual(lost.toSorted());
    await expect.poll(gaps, { timeout: 45_000 }).toEqual({ logged: 4, recovered: 4, missing: 0 });
    expect(printed().includes("Read back in 4 audit rows")).toBe(said);
    if (said) await crash();
  }
  await sql.end();

  const logs = await readdir(join(dataDir, "logs"));
  expect(logs.filter((name) => name.endsWith(".unread.log"))).toEqual([]);
  const texts = await Promise.all(logs.map((name) => readFile(join(dataDir, "logs", name), "utf8")));
  for (const id of lost) expect(texts.join("")).toContain(id);
  child?.kill("SIGTERM");
  if (child) await ended(child);
  await rm(dataDir, { recursive: true, force: true });
}, 600_000);
