/** `npm start` as a user runs it: with embedded servers, its output, the demo twice, Ctrl-C, and a second start. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import postgres from "postgres";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isSignedBy, keyId, readPublicKey } from "../../lib/trail/checkpoint.ts";
import { storedCheckpoints } from "../support/audit/checkpoints.ts";
import { freePort } from "../support/servers/ports.ts";

const run = promisify(execFile);
const ROOT = new URL("../../", import.meta.url).pathname;

let dataDir: string;
let environment: NodeJS.ProcessEnv;
let ports: [http: number, lambda: number];
const running = new Set<ChildProcess>();

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "weir-e2e-"));
  ports = [await freePort(), await freePort()];
  environment = {
    ...process.env,
    HTTP_PORT: String(ports[0]),
    LAMBDA_PORT: String(ports[1]),
    WEIR_DATA_DIR: dataDir,
    DATABASE_URL: "",
    REDIS_URL: "",
  };
});

afterAll(async () => {
  for (const child of running) if (child.pid !== undefined) process.kill(-child.pid, "SIGINT");
  await Promise.all([...running].map(ended));
  await rm(dataDir, { recursive: true, force: true });
});

interface Started {
  child: ChildProcess;
  output: () => string;
}

/** Starts it in its own process group, so that a signal to the group acts like Ctrl-C in a terminal. */
function start(env: NodeJS.ProcessEnv): Started {
  const child = spawn("npm", ["start"], {
    cwd: ROOT,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  child.once("exit", () => running.delete(child));
  let text = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
  return { child, output: () => text };
}

const ended = (child: ChildProcess): Promise<number | null> =>
  child.exitCode !== null
    ? Promise.resolve(child.exitCode)
    : new Promise((resolve) => child.once("exit", resolve));

const ready = ({ output, child }: Started): Promise<void> =>
  expect
    .poll(() => child.exitCode !== null || output().includes("Press Ctrl-C to stop"), {
      timeout: 120_000,
      interval: 100,
    })
    .toBe(true)
    .then(() => expect(child.exitCode, output()).toBeNull());

/** Lists the processes whose command line names the data folder. */
async function left(): Promise<string> {
  const { stdout } = await run("ps", ["-eo", "pid,args"]);
  return stdout
    .split("\n")
    .filter((line) => line.includes(dataDir))
    .join("\n");
}

const count = async (): Promise<number> => {
  const { url, apiKey } = JSON.parse(await readFile(join(dataDir, "dev.json"), "utf8"));
  const answer = await fetch(`${url}/v1/analytics/count`, { headers: { "x-api-key": apiKey } });
  const { count: events } = (await answer.json()) as { count: number };
  return events;
};

const devFile = async () => JSON.parse(await readFile(join(dataDir, "dev.json"), "utf8"));

const publicKeyId = async (): Promise<string> =>
  keyId(readPublicKey(await readFile((await devFile()).auditPublicKey, "utf8")));

/** Returns the key ids of all checkpoints so far; each must be signed by the key that this start generated. */
async function checkpointKeys(): Promise<string[]> {
  const { databaseUrl, auditPublicKey } = await devFile();
  const sql = postgres(databaseUrl, { max: 1 });
  try {
    const checkpoints = await storedCheckpoints({ sql });
    const key = readPublicKey(await readFile(auditPublicKey, "utf8"));
    expect(checkpoints.filter((one) => !isSignedBy(one, [key]))).toEqual([]);
    return [...new Set(checkpoints.map(({ key_id }) => key_id))];
  } finally {
    await sql.end();
  }
}

describe("npm start", () => {
  it("prints curl commands that work, stores the demo once, and leaves no process after Ctrl-C", async () => {
    const first = start(environment);
    await ready(first);
    const dev = JSON.parse(await readFile(join(dataDir, "dev.json"), "utf8"));
    expect(dev).toMatchObject({ url: `http://127.0.0.1:${ports[0]}`, queue: "redis" });

    const commands = first.output().match(/^\s*curl (?:.*\\\n)*.*$/gm) ?? [];
    expect(commands.length, first.output()).toBeGreaterThanOrEqual(2);
    const { stdout: sent } = await run("bash", ["-c", commands[0] ?? ""]);
    expect(JSON.parse(sent)).toMatchObject({ accepted: 1, rejected: 0 });
    await expect.poll(count, { timeout: 45_000 }).toBe(1);
    const { stdout: counted } = await run("bash", ["-c", commands[1] ?? ""]);
    expect(JSON.parse(counted)).toMatchObject({ count: 1 });

    const { mode } = await stat(join(dataDir, "audit-key.pem"));
    expect(mode & 0o777).toBe(0o600);
    expect(first.output()).toContain(dev.auditPublicKey);
    await expect.poll(checkpointKeys, { timeout: 45_000 }).toEqual([await publicKeyId()]);

    const demo = (): Promise<{ stdout: string }> =>
      run("npm", ["run", "demo"], { cwd: ROOT, env: environment });
    expect((await demo()).stdout).not.toContain("added nothing");
    expect((await demo()).stdout).toContain("added nothing");
    expect(await count()).toBe(21_708);

    const taken = start({ ...environment, WEIR_DATA_DIR: `${dataDir}-2` });
    expect(await ended(taken.child)).not.toBe(0);
    expect(taken.output()).toContain("HTTP_PORT");

    process.kill(-(first.child.pid ?? 0), "SIGINT");
    await ended(first.child);
    expect(first.output()).toContain("Stopped.");
    expect(await left()).toBe("");
    await expect(fetch(`http://127.0.0.1:${ports[0]}/health/live`)).rejects.toThrow();
  }, 240_000);

  it("restarts the server when it dies, and leaves no process afterwards", async () => {
    const started = start(environment);
    await ready(started);
    const pid = Number(await readFile(join(dataDir, "api.pid"), "utf8"));
    const before = await count();
    process.kill(pid, "SIGKILL");
    await expect
      .poll(() => started.output(), { timeout: 45_000 })
      .toContain("The server ended unexpectedly (signal SIGKILL)");
    const { url, apiKey } = await devFile();
    const sendOne = (): Promise<number> =>
      fetch(`${url}/v1/events`, {
        method: "POST",
        headers: { "x-api-key": apiKey, "content-type": "application/json" },
        body: JSON.stringify({
          event_id: "after-the-crash",
          event_type: "greeting",
          timestamp: new Date().toISOString(),
          payload: {},
        }),
      }).then(
        ({ status }) => status,
        () => 0,
      );
    await expect.poll(sendOne, { timeout: 120_000, interval: 500 }).toBe(202);
    await expect.poll(count, { timeout: 60_000 }).toBe(before + 1);
    expect(Number(await readFile(join(dataDir, "api.pid"), "utf8"))).not.toBe(pid);
    process.kill(-(started.child.pid ?? 0), "SIGINT");
    await ended(started.child);
    expect(started.output()).toContain("Stopped.");
    expect(await left()).toBe("");
  }, 240_000);

  it("keeps its data over a restart, runs beside another instance, and ends on SIGTERM", async () => {
    const again = start(environment);
    const otherDir = `${dataDir}-2`;
    const other = start({
      ...environment,
      HTTP_PORT: String(await freePort()),
      LAMBDA_PORT: String(await freePort()),
      WEIR_DATA_DIR: otherDir,
    });
    const keyBefore = await publicKeyId();
    await Promise.all([ready(again), ready(other)]);
    expect(await publicKeyId()).toBe(keyBefore);
    expect(await count()).toBe(21_709);
    for (const { child } of [again, other]) child.kill("SIGTERM");
    await Promise.all([ended(again.child), ended(other.child)]);
    await expect.poll(left, { timeout: 45_000 }).toBe("");
    await rm(otherDir, { recursive: true, force: true });
  }, 240_000);
});
