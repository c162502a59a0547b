/** The tree of the container's image, run in an empty folder with nothing but Node, DATABASE_URL and REDIS_URL. */
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { afterEach, describe, expect, it } from "vitest";
import { run } from "../support/command.ts";
import { anEvent } from "../support/pipeline.ts";
import type { Child } from "../support/servers/child.ts";
import { testServers } from "../support/servers/deps.ts";
import { assembleImage } from "../support/servers/image.ts";
import { listen } from "../support/servers/listen.ts";
import { freePort } from "../support/servers/ports.ts";
import { otlpReceiver } from "../support/tracing/otlp-receiver.ts";

const { folder, commands, start, run: runInImage } = await assembleImage();
const { databaseUrl, redisUrl } = await testServers();
const servers = { DATABASE_URL: databaseUrl, REDIS_URL: redisUrl };
const running = new Set<Child>();

afterEach(async () => {
  // A server that is left would do the work of the next test's.
  await Promise.all([...running].map((server) => server.kill()));
  running.clear();
});

/** Starts a server of the image, and waits until it is ready. */
async function startServer(env: Record<string, string> = {}): Promise<{ url: string; server: Child }> {
  const port = String(await freePort());
  const server = start(commands.start, { ...servers, HTTP_PORT: port, ...env });
  running.add(server);
  await server.says('"ready"', 60_000);
  return { url: `http://127.0.0.1:${port}`, server };
}

const weir = async (...words: string[]) =>
  JSON.parse(await runInImage(["node", "weir.mjs", "--json", ...words], servers));

async function newKey(): Promise<string> {
  const { client_id } = await weir(
    "client",
    "create",
    "--name",
    "Acme",
    "--rate",
    "100000",
    "--burst",
    "100000",
  );
  return (await weir("key", "create", "--client", client_id, "--scope", "ingest,read")).secret;
}

const send = (url: string, key: string, event = anEvent()): Promise<Response> =>
  fetch(`${url}/v1/events`, {
    method: "POST",
    headers: { "x-api-key": key, "content-type": "application/json" },
    body: JSON.stringify(event),
  });

const countOf = async (url: string, key: string, type: string): Promise<number> => {
  const answer = await fetch(`${url}/v1/analytics/count?event_type=${type}`, {
    headers: { "x-api-key": key },
  });
  return ((await answer.json()) as { count: number }).count;
};

/** The pids of a server's background processes. */
const childrenOf = async ({ process: { pid } }: Child): Promise<number[]> => {
  const { stdout } = await run("ps", ["-eo", "pid=,ppid="], { cwd: folder, env: process.env });
  const pairs = stdout
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number));
  return pairs.flatMap(([child = 0, parent]) => (parent === pid ? [child] : []));
};

describe("the image", () => {
  it("accepts, stores and counts events, and ends with 0 on SIGTERM", async () => {
    const { url, server } = await startServer({ SHUTDOWN_GRACE_SECONDS: "0" });
    const key = await newKey();
    const type = `image-${randomUUID()}`;
    expect((await send(url, key, anEvent({ event_type: type }))).status).toBe(202);
    await expect.poll(() => countOf(url, key, type), { timeout: 45_000 }).toBe(1);
    const openApi = (await (await fetch(`${url}/openapi.json`)).json()) as { openapi: string };
    expect(openApi.openapi).toMatch(/^3\./);
    await runInImage(commands.healthCheck, { HTTP_PORT: new URL(url).port });

    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    await expect(runInImage(commands.healthCheck, { HTTP_PORT: new URL(url).port })).rejects.toThrow(
      "ended with 1",
    );
  });

  it("exports traces to a collector, with those of its background process", async () => {
    const collector = await otlpReceiver();
    const { url, server } = await startServer({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
      OTEL_RESOURCE_ATTRIBUTES: "service.name=shop-%20events",
      SHUTDOWN_GRACE_SECONDS: "0",
    });
    const key = await newKey();
    const type = `traced-${randomUUID()}`;
    expect((await send(url, key, anEvent({ event_type: type }))).status).toBe(202);
    await expect.poll(() => countOf(url, key, type), { timeout: 45_000 }).toBe(1);
    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    const producer = collector.spans.find(({ kind }) => kind === "producer");
    const consumer = collector.spans.find(({ links }) =>
      links.some(({ spanId }) => spanId === producer?.spanId),
    );
    expect(consumer).toMatchObject({ kind: "consumer", service: "shop- events" });
    expect(collector.requests.at(-1)?.headers).toMatchObject({ "content-encoding": "gzip" });
  });

  it("stops in time if the collector does not answer, and says that spans are lost", async () => {
    const collector = createServer(() => {});
    const { url, server } = await startServer({
      OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${await listen(collector)}`,
      OTEL_EXPORTER_OTLP_TIMEOUT: "600000",
      SHUTDOWN_GRACE_SECONDS: "0",
    });
    await fetch(`${url}/health/live`);
    server.process.kill("SIGTERM");
    expect(await server.ended).toBe(0);
    expect(server.output()).toContain("The collector did not take the last spans in time.");
  });

  it("says in one line each which settings are wrong", async () => {
    const server = start(commands.start, { HTTP_PORT: "none", TRUSTED_PROXIES: "everybody" });
    expect(await server.ended).toBe(1);
    expect(server.output().trim().split("\n")).toEqual([
      "The environment is invalid:",
      expect.stringContaining("HTTP_PORT: "),
      expect.stringContaining("TRUSTED_PROXIES: must be addresses"),
    ]);
  });

  it("restarts a background process that was killed, and stores what waited", async () => {
    const { url, server } = await startServer();
    const key = await newKey();
    const [former = 0] = await childrenOf(server);
    process.kill(former, "SIGKILL");
    const type = `killed-${randomUUID()}`;
    expect((await send(url, key, anEvent({ event_type: type }))).status).toBe(202);
    await expect.poll(() => countOf(url, key, type), { timeout: 45_000 }).toBe(1);
    expect(server.output()).toContain('"background-process-ended"');
    expect(await childrenOf(server)).not.toContain(former);
  });

  it("ends its background process when it is killed itself", async () => {
    const { server } = await startServer();
    const [child = 0] = await childrenOf(server);
    await server.kill();
    await expect.poll(() => isRunning(child), { timeout: 45_000 }).toBe(false);
  });

  it("loses and refuses no call while one of two servers stops", async () => {
    const [stopping, staying] = await Promise.all([
      startServer({ SHUTDOWN_GRACE_SECONDS: "2" }),
      startServer(),
    ]);
    const key = await newKey();
    const type = `drain-${randomUUID()}`;
    // Like a load balancer, which stops using a server that closes its connections.
    let current = stopping.url;
    let sent = 0;
    let done = false;
    const client = async (): Promise<void> => {
      while (!done) {
        const url = current;
        const answer = await send(url, key, anEvent({ event_type: type }));
        expect(answer.status).toBe(202);
        await answer.arrayBuffer();
        sent++;
        if (url === stopping.url && answer.headers.get("connection") === "close") current = staying.url;
      }
    };
    const clients = Promise.all([1, 2, 3, 4].map(client));
    await expect.poll(() => sent, { timeout: 45_000 }).toBeGreaterThan(50);
    stopping.server.process.kill("SIGTERM");
    expect(await stopping.server.ended).toBe(0);
    const atEnd = sent;
    await expect.poll(() => sent, { timeout: 45_000 }).toBeGreaterThan(atEnd + 50);
    done = true;
    await clients;
    expect(current).toBe(staying.url);
    await expect.poll(() => countOf(staying.url, key, type), { timeout: 45_000 }).toBe(sent);
  });

  it.each([
    ["0", 0],
    ["2", 2],
  ])("has %s background processes if told so", async (processes, count) => {
    const { url, server } = await startServer({ BACKGROUND_PROCESSES: processes });
    expect(await childrenOf(server)).toHaveLength(count);
    const key = await newKey();
    const type = `processes-${randomUUID()}`;
    expect((await send(url, key, anEvent({ event_type: type }))).status).toBe(202);
    await expect.poll(() => countOf(url, key, type), { timeout: 45_000 }).toBe(1);
  });

  it("runs the API and the background work separately if told so", async () => {
    const { url } = await startServer({ SERVE: "api" });
    const key = await newKey();
    const type = `apart-${randomUUID()}`;
    expect((await send(url, key, anEvent({ event_type: type }))).status).toBe(202);
    const { server: background } = await startServer({ SERVE: "background" });
    await expect.poll(() => countOf(url, key, type), { timeout: 45_000 }).toBe(1);
    await runInImage(commands.healthCheck, { SERVE: "background" });
    background.process.kill("SIGTERM");
    expect(await background.ended).toBe(0);
  });
});

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
