/** A server that answers but accepts no writes: `/health` returns 503 as long as that lasts, and names the server. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import postgres from "postgres";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { handler as health } from "../../functions/health.ts";
import { closeDeps, type Deps } from "../../lib/app/connect.ts";
import { migrate } from "../../lib/postgres/migrate.ts";
import { startPostgres } from "../../local/postgres.ts";
import { startRedis } from "../../local/redis.ts";
import { freshDeps, type OwnServer, ownServer } from "../support/faults.ts";
import { gatewayEvent } from "../support/http/gateway.ts";
import { type Answer, context, toAnswer } from "../support/pipeline.ts";
import { sqsIntake } from "../support/queue/sqs-intake.ts";
import { testConfig } from "../support/servers/deps.ts";

let deps: Deps;
vi.mock("../../lib/app/connect-once.ts", () => ({ getDeps: () => deps }));

async function ask(): Promise<Answer> {
  const result = await health(gatewayEvent({ method: "GET", route: "/health" }), context);
  if (!result) throw new Error("A request was taken for a schedule.");
  return toAnswer(result);
}

/** Calls `/health` as a new instance that has no cached result. */
function poll(): Promise<Answer> {
  deps = { ...deps };
  return ask();
}

/** Expects each of many polls to be 503 and to name exactly these checks as down. */
async function expectDown(names: readonly string[], polls = 18): Promise<void> {
  for (let count = 0; count < polls; count++) {
    const { status, body } = await poll();
    const { checks } = body as unknown as { checks: Record<string, { status: string }> };
    const down = Object.keys(checks).filter((name) => checks[name]?.status === "down");
    expect({ status, body: body.status, down }).toEqual({ status: 503, body: "unavailable", down: names });
  }
}

const expectUp = (): Promise<void> =>
  expect.poll(async () => (await poll()).status, { timeout: 45_000 }).toBe(200);

describe("PostgreSQL", () => {
  let server: OwnServer;
  let admin: postgres.Sql;
  beforeAll(async () => {
    // Settings that a standby and a primary that waits for one need.
    server = await ownServer(startPostgres, { wal_level: "replica", max_wal_senders: "2", fsync: "off" });
    await migrate(server.url);
  });
  const connect = async (): Promise<void> => {
    deps = freshDeps(await testConfig({ databaseUrl: server.url }));
    admin = postgres(server.url, { max: 1, onnotice: () => {} });
    await expectUp();
  };
  const set = async (name: string, value: string): Promise<void> => {
    await admin.unsafe(`ALTER SYSTEM SET ${name} = ${value}`);
    await admin`SELECT pg_reload_conf()`;
    await expect
      .poll(async () => (await admin.unsafe(`SELECT current_setting('${name}') AS value`))[0]?.value)
      .toBe(value.replaceAll("'", ""));
  };

  it("is down if it accepts only read-only transactions", async () => {
    await connect();
    await set("default_transaction_read_only", "on");
    await expectDown(["database"]);
    await set("default_transaction_read_only", "off");
    await expectUp();
    await admin.end();
  });

  it("is down if its commits wait for an unreachable standby", async () => {
    await connect();
    await set("synchronous_standby_names", "'nobody'");
    // The server's checkpointer informs its backends some time after the settings were read.
    const look = async (): Promise<unknown> => {
      const { status, body } = await poll();
      return [status, (body.checks as { database: { status: string } }).database.status];
    };
    await expect.poll(look, { timeout: 45_000 }).toEqual([503, "down"]);
    await set("synchronous_standby_names", "''");
    await expectUp();
    await admin.end();
  });

  it("is down if it is a standby", async () => {
    await connect();
    const [row] = await admin`SELECT current_setting('data_directory') AS folder`;
    await admin.end();
    await server.stop();
    const signal = join(row?.folder ?? "", "standby.signal");
    await writeFile(signal, "");
    await server.start();
    await expect.poll(() => deps.sql`SELECT pg_is_in_recovery() AS it`.then(([at]) => at?.it)).toBe(true);
    await expectDown(["database"]);
    await closeDeps(deps);
    await server.stop();
    await rm(signal);
    await server.start();
    await connect();
    await admin.end();
  });
});

describe.each(["redis", "sqs"] as const)("Redis, with QUEUE=%s,", (queue) => {
  let server: OwnServer;
  const down = queue === "redis" ? ["redis", "queue"] : ["redis"];
  beforeAll(async () => {
    server = await ownServer(startRedis, { "enable-protected-configs": "yes" });
    deps =
      queue === "redis"
        ? freshDeps(await testConfig({ redisUrl: server.url }))
        : (await sqsIntake({ redisUrl: server.url })).deps;
  });
  afterEach(expectUp);

  it.each([
    ["it is out of memory", "maxmemory"],
    ["it needs replicas for writes and has none", "min-replicas-to-write"],
  ])("is down if %s", async (_, setting) => {
    await deps.redis.config("SET", setting, "1");
    await expectDown(down);
    await deps.redis.config("SET", setting, "0");
  });

  it("is down if it is a replica", async () => {
    await deps.redis.call("REPLICAOF", "127.0.0.1", "1");
    await expectDown(down);
    await deps.redis.call("REPLICAOF", "NO", "ONE");
  });

  it("is down if it can't write its file", async () => {
    const { redis } = deps;
    const [, before = ""] = (await redis.config("GET", "dir")) as string[];
    const folder = await mkdtemp(join(tmpdir(), "weir-gone-"));
    await redis.config("SET", "dir", folder);
    await redis.config("SET", "save", "3600 1");
    await rm(folder, { recursive: true });
    await redis.bgsave();
    await expect.poll(() => redis.info("persistence")).toContain("rdb_last_bgsave_status:err");
    await expectDown(down);
    await redis.config("SET", "save", "");
    await redis.config("SET", "dir", before);
  });
});

it("SQS is down if it refuses sends, though it still reports the queue's depth", async () => {
  const { deps: made, proxy } = await sqsIntake();
  deps = made;
  await expectUp();
  proxy.throttle(10_000);
  // Each poll waits for its own audit row, which SQS refuses as well.
  await expectDown(["queue"], 3);
  proxy.throttle(0);
  await expectUp();
});

it("one check of the servers answers every call within a second", async () => {
  const { url: redisUrl } = await ownServer(startRedis);
  deps = freshDeps(await testConfig({ redisUrl }));
  const written = async (): Promise<number> => {
    const info = await deps.redis.info("commandstats");
    return Number(/cmdstat_set:calls=(\d+)/.exec(info)?.[1] ?? 0);
  };
  await ask();
  const before = await written();
  const begun = performance.now();
  const answers = await Promise.all(Array.from({ length: 200 }, ask));
  const looks = Math.ceil((performance.now() - begun) / 1_000) + 1;
  expect(answers.every(({ status }) => status === 200)).toBe(true);
  // A check probes Redis and the queue once each.
  expect(before).toBeGreaterThan(0);
  expect((await written()) - before).toBeLessThanOrEqual(2 * looks);
  expect(new Set(answers.map(({ body }) => body.at)).size).toBeLessThanOrEqual(looks);
});
