import { readFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { describe, expect, it, vi } from "vitest";
import { handler as health } from "../../../functions/health.ts";
import { closeDeps, createDeps, type Deps } from "../../../lib/app/connect.ts";
import { version } from "../../../lib/base/version.ts";
import type { Config } from "../../../lib/config/config.ts";
import * as contract from "../../../lib/health/contract.ts";
import { partitionStart } from "../../../lib/storage/partitions.ts";
import scheduled from "../../fixtures/eventbridge-scheduled.json" with { type: "json" };
import { aCall, sealCalls } from "../../support/audit/trail.ts";
import { atEnd } from "../../support/cleanup.ts";
import { gatewayEvent } from "../../support/http/gateway.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { type Answer, context, drainAll, toAnswer } from "../../support/pipeline.ts";
import { testConfig, testDeps } from "../../support/servers/deps.ts";
import { listen } from "../../support/servers/ports.ts";

const well = await testDeps();
/** The dependencies of the function under test. */
let deps: Deps = well;
vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps }));

// A server that accepts connections and never answers, as behind a broken network.
const sockets = new Set<Socket>();
const silent = createServer((socket) => sockets.add(socket.on("error", () => {})));
const silentPort = await listen(silent);
atEnd(() => {
  for (const socket of sockets) socket.destroy();
  silent.close();
});

/** Calls the function as a new instance that has no cached result. */
async function ask(route: string, query: Record<string, string> = {}): Promise<Answer> {
  deps = { ...deps };
  const result = await health(gatewayEvent({ method: "GET", route, query }), context);
  if (!result) throw new Error("A request was taken for a schedule.");
  return toAnswer(result);
}

const tick = (): Promise<unknown> => health(scheduled, context);

/** Runs with broken servers. */
async function withServers<T>(broken: Partial<Config>, run: () => Promise<T>): Promise<T> {
  deps = createDeps({ ...well.config, ...broken });
  try {
    return await run();
  } finally {
    await closeDeps(deps);
    deps = well;
  }
}

const nobodyAt = (protocol: string): string => `${protocol}://127.0.0.1:1/x`;
const up = { status: "up", latency_ms: expect.any(Number) };
const down = { status: "down", latency_ms: expect.any(Number) };

describe("GET /health", () => {
  it("returns ok when all servers are up", async () => {
    const answer = await ask("/health");
    expect(answer).toMatchObject({ status: 200, headers: { "cache-control": "no-store" } });
    expect(answer.body).toEqual({
      status: "ok",
      at: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      checks: { database: up, redis: up, queue: up },
      settings: { database: expect.any(Object), redis: expect.any(Object) },
      partitions: { runway_days: expect.any(Number), default_rows: 0 },
      audit: { logged: 0, recovered: 0, missing: 0 },
      version,
    });
    expect(contract.healthSchema.safeParse(answer.body).success).toBe(true);
    expect((await ask("/health/live")).body).toEqual({ status: "ok", version });
  });

  it("names the database when it is down", async () => {
    const { status, body } = await withServers({ databaseUrl: nobodyAt("postgres") }, () => ask("/health"));
    expect([status, body.status, body.partitions]).toEqual([503, "unavailable", null]);
    expect(body.checks).toEqual({ database: down, redis: up, queue: up });
  });

  it("reports how far partitions reach without a gap and the rows in DEFAULT, and still returns 200", async () => {
    const { sql } = well;
    const runway = async () =>
      (await ask("/health")).body.partitions as { runway_days: number; default_rows: number };
    expect((await runway()).runway_days).toBeGreaterThanOrEqual(34);
    await sql`
      INSERT INTO events VALUES ('c', 'e', 't', '2001-01-01', now(), now(), gen_random_uuid(), '{}')`;
    await sealCalls({ sql }, [aCall(Date.parse("2001-01-01T00:00:00Z"))]);
    // A call has two rows: its entry and its personal row.
    expect(await runway()).toMatchObject({ default_rows: 3 });
    const nextMonday = new Date(partitionStart("events", Date.now()) + 7 * 86_400_000);
    const partition = sql(`events_${nextMonday.toISOString().slice(0, 10).replaceAll("-", "")}`);
    await sql`ALTER TABLE ${partition} RENAME TO events_other`;
    expect((await runway()).runway_days).toBeLessThanOrEqual(7);
    expect((await ask("/health")).status).toBe(200);
    await sql`ALTER TABLE events_other RENAME TO ${partition}`;
    for (const table of ["events", "audit_log", "audit_personal"])
      await sql`DELETE FROM ${sql(`${table}_default`)}`;
  });

  it("names Redis and the queue when they are down, while /health/live still returns 200", async () => {
    await withServers({ redisUrl: nobodyAt("redis") }, async () => {
      const { status, body } = await ask("/health");
      expect([status, body.status]).toEqual([503, "unavailable"]);
      expect(body.checks).toEqual({ database: up, redis: down, queue: down });
      expect((await ask("/health/live")).status).toBe(200);
    });
  });

  it("waits at most a second for servers that never answer", async () => {
    const broken = {
      databaseUrl: `postgres://127.0.0.1:${silentPort}/x`,
      redisUrl: `redis://127.0.0.1:${silentPort}/x`,
    };
    const { status, body } = await withServers(broken, () => ask("/health"));
    expect(status).toBe(503);
    expect(body.checks).toEqual({ database: down, redis: down, queue: down });
    for (const { latency_ms } of Object.values(body.checks as Record<string, { latency_ms: number }>))
      expect(latency_ms).toBeLessThan(1_500);
  });
});

describe("the scheduled check", () => {
  it("records its results, and the history lists them newest first and counts the failures", async () => {
    await tick();
    await tick();
    const { status, body } = await ask("/health/history");
    expect(status).toBe(200);
    expect(contract.getHealthHistory.responses[200].safeParse(body).error).toBeUndefined();
    expect(body).toMatchObject({ checked: 2, unhealthy: 0 });
    const checks = body.checks as { at: string; status: string }[];
    expect(checks.map((check) => check.status)).toEqual(["ok", "ok"]);
    const times = checks.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().reverse());
  });

  it("records its result through the queue when the database is down", async () => {
    await drainAll(well);
    await withServers({ databaseUrl: nobodyAt("postgres") }, tick);
    const start = new Date(Date.now() - 60_000).toISOString();
    const before = (await ask("/health/history", { start })).body;
    expect(before.unhealthy).toBe(0);
    await drainAll(well);
    const { body } = await ask("/health/history", { start });
    expect(body).toMatchObject({ checked: Number(before.checked) + 1, unhealthy: 1 });
    const checks = { database: { status: "down" }, queue: { status: "up" } };
    expect(body.checks).toMatchObject([{ status: "unavailable", checks }, {}, {}]);
  });

  it("logs its result when the queue is down too", async () => {
    await withServers({ databaseUrl: nobodyAt("postgres"), redisUrl: nobodyAt("redis") }, async () => {
      const log = vi.spyOn(deps.log, "error");
      await tick();
      const health = expect.objectContaining({ status: "unavailable", at: expect.any(String) });
      expect(log).toHaveBeenCalledWith("health-not-recorded", { health });
    });
  });
});

describe("GET /health/history", () => {
  it("covers its range, start inclusive and end exclusive, and lists the newest 1,500 checks", async () => {
    deps = createDeps(await testConfig());
    await deps.sql`
      INSERT INTO health_checks
      SELECT '2026-01-01T00:00:00Z'::timestamptz + n * interval '1 minute', CASE n % 10 WHEN 0 THEN 'unavailable' ELSE 'ok' END,
             '{"database":{"status":"up","latency_ms":1},"redis":{"status":"up","latency_ms":1},"queue":{"status":"up","latency_ms":1}}'
        FROM generate_series(0, 1999) n`;
    const history = async (query: Record<string, string>) => (await ask("/health/history", query)).body;
    const start = "2026-01-01T00:00:00.000Z";
    const all = await history({ start, end: "2026-02-01T00:00:00Z" });
    expect(all).toMatchObject({ checked: 2_000, unhealthy: 200, start });
    expect(all.checks).toHaveLength(1_500);
    expect(all.checks).toMatchObject({ 0: { at: "2026-01-02T09:19:00.000Z" } });
    const ten = await history({ start, end: "2026-01-01T00:10:00Z" });
    expect(ten).toMatchObject({ checked: 10, unhealthy: 1 });
    expect(await history({ end: "2026-01-02T00:00:00Z" })).toMatchObject({ checked: 1_440, start });
    expect(await history({ end: "0001-01-01T05:00:00Z" })).toMatchObject({ checked: 0 });
    await closeDeps(deps);
    deps = well;
  });

  it.each([{ start: "yesterday" }, { end: "0000-01-01T00:00:00Z" }, { begin: "2026-01-01T00:00:00Z" }])(
    "refuses %j",
    async (query) =>
      expectProblem(await ask("/health/history", query), 400, "invalid-parameter", Object.keys(query)[0]),
  );

  it("needs the database, and says so when it is down", async () => {
    const answer = await withServers({ databaseUrl: nobodyAt("postgres") }, () => ask("/health/history"));
    expectProblem(answer, 503, "database-unavailable");
    expect(answer.headers).toHaveProperty("retry-after");
  });
});

describe("the metrics of the scheduled check", () => {
  /** The metrics that the function prints for CloudWatch. */
  async function printed(run: () => Promise<unknown>): Promise<Record<string, unknown>> {
    const lines: string[] = [];
    const spy = vi.spyOn(process.stdout, "write").mockImplementation((text) => {
      lines.push(String(text));
      return true;
    });
    await run().finally(() => spy.mockRestore());
    const line = lines.find((text) => text.startsWith('{"_aws"'));
    if (line === undefined) throw new Error("There is no line of metrics.");
    expect(line.endsWith("\n")).toBe(true);
    return JSON.parse(line);
  }

  it("report the queue's depth", async () => {
    await well.queue.send([{ body: "waits", events: 0 }]);
    const metrics = await printed(tick);
    expect(metrics).toMatchObject({ Unhealthy: 0, DeadLetters: 0, FunctionName: "weir-test-health" });
    expect(metrics.QueueMessages).toBeGreaterThanOrEqual(1);
    expect(metrics.QueueOldestAge).toBeGreaterThanOrEqual(0);
    const { CloudWatchMetrics, Timestamp } = metrics._aws as Record<string, unknown>;
    expect(Timestamp).toBeTypeOf("number");
    expect(CloudWatchMetrics).toEqual([
      {
        Namespace: "Weir",
        Dimensions: [["FunctionName"]],
        Metrics: [
          { Name: "Unhealthy", Unit: "Count" },
          { Name: "QueueMessages", Unit: "Count" },
          { Name: "QueueOldestAge", Unit: "Seconds" },
          { Name: "DeadLetters", Unit: "Count" },
          { Name: "PartitionRunwayDays", Unit: "Count" },
          { Name: "DefaultPartitionRows", Unit: "Count" },
          { Name: "Duplicates", Unit: "Count" },
          { Name: "Quarantined", Unit: "Count" },
          { Name: "DatabaseConnections", Unit: "Percent" },
        ],
      },
    ]);
    // Each costs money, and the guide says how much.
    const guide = await readFile(new URL("../../../docs/operations.md", import.meta.url), "utf8");
    const count = Object.keys(metrics).length - ["_aws", "FunctionName"].length;
    expect(guide).toContain(` ${count} custom metrics at $0.30`);
  });

  it("report duplicates and quarantine over all clients", async () => {
    const before = await printed(tick);
    await well.sql`
      INSERT INTO pipeline_totals (client_id, slot, stored, duplicates, quarantined)
      VALUES ('metrics-1', 0, 10, 3, 2), ('metrics-1', 1, 0, 1, -1), ('metrics-2', 0, 5, 2, 4)`;
    const after = await printed(tick);
    expect(Number(after.Duplicates) - Number(before.Duplicates)).toBe(6);
    expect(Number(after.Quarantined) - Number(before.Quarantined)).toBe(5);
    await well.sql`DELETE FROM pipeline_totals WHERE client_id LIKE 'metrics-%'`;
  });

  it("report the connections of all users in percent of what the server takes", async () => {
    const others = createDeps({ ...well.config, databasePoolSize: 10 });
    await Promise.all(Array.from({ length: 10 }, () => others.sql`SELECT pg_sleep(0.2)`));
    // Other tests connect and disconnect meanwhile.
    const difference = async (): Promise<number> => {
      const metrics = await printed(tick);
      const [{ open, max }] = await well.sql<[{ open: number; max: number }]>`
        SELECT count(*)::int AS open, current_setting('max_connections')::int AS max
          FROM pg_stat_activity WHERE datname IS NOT NULL`;
      expect(open).toBeGreaterThanOrEqual(10);
      return Math.abs((Number(metrics.DatabaseConnections) * max) / 100 - open);
    };
    await expect.poll(difference, { timeout: 10_000 }).toBeLessThan(3);
    await closeDeps(others);
  });

  it("report that Redis is down, and omit the depth of a queue that can't be read", async () => {
    const metrics = await printed(() => withServers({ redisUrl: "redis://127.0.0.1:1" }, tick));
    expect(metrics).toMatchObject({ Unhealthy: 1 });
    expect(metrics).not.toHaveProperty("QueueMessages");
    expect(metrics.PartitionRunwayDays).toBeGreaterThan(30);
  });

  it("omit what only the database knows if it is down", async () => {
    const metrics = await printed(() => withServers({ databaseUrl: nobodyAt("postgres") }, tick));
    expect(metrics).toMatchObject({ Unhealthy: 1, QueueMessages: expect.any(Number) });
    for (const name of ["Duplicates", "Quarantined", "DatabaseConnections"])
      expect(metrics).not.toHaveProperty(name);
  });
});

describe("the history", () => {
  it("lists the history in pages, whose range stays the same", async () => {
    await tick();
    const whole = (await ask("/health/history")).body;
    const first = (await ask("/health/history", { limit: "1" })).body;
    const pages: unknown[] = [...(first.checks as unknown[])];
    for (let cursor = first.next_cursor; cursor !== null; ) {
      await tick();
      const page = (await ask("/health/history", { limit: "1", cursor: String(cursor) })).body;
      expect(page).toMatchObject({ end: first.end, checked: whole.checked });
      pages.push(...(page.checks as unknown[]));
      cursor = page.next_cursor;
    }
    expect(pages).toEqual(whole.checks);
    expect(pages.length).toBeGreaterThan(2);
  });
});
