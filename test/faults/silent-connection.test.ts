/**
 * Connections that die silently, as behind a firewall that has dropped their state: each packaged function notices
 * within one call of 5 s, and continues with new connections.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { type Bundle, makeBundles } from "../../bench/bundles.ts";
import type { Deps } from "../../lib/app/connect.ts";
import { migrate } from "../../lib/postgres/migrate.ts";
import { ensurePartitions } from "../../lib/storage/partitions.ts";
import { startPostgres } from "../../local/postgres.ts";
import { startRedis } from "../../local/redis.ts";
import scheduled from "../fixtures/eventbridge-scheduled.json" with { type: "json" };
import { freshDeps, type OwnServer, ownServer, workUntilEmpty } from "../support/faults.ts";
import { gatewayEvent } from "../support/http/gateway.ts";
import { addClient, anEvent, send } from "../support/pipeline.ts";
import { queueConfig, queueEnvironment } from "../support/queue/queues.ts";
import { sqsEvent } from "../support/queue/sqs-event.ts";
import { type FunctionProcess, functionProcess, type Outcome } from "../support/servers/function-process.ts";
import { behindProxy, type TcpProxy } from "../support/servers/tcp-proxy.ts";
import { tempFolder } from "../support/servers/temp-folder.ts";

/** Time limit of a call. A function that gives no answer within it fails the test. */
const CALL_MS = 5_000;
/** How long servers and functions are stopped; use WEIR_TEST_STOP_MS=60000 for a manual run. */
const STOP_MS = Number(process.env.WEIR_TEST_STOP_MS ?? 4_000);
/** Timeout of the worker function. */
const WORKER_MS = 60_000;
/** The part of its timeout that the drain function reserves. */
const DRAIN_RESERVE_MS = 20_000;

let servers: { redis: OwnServer; postgres: OwnServer };
let proxies: { redis: TcpProxy; postgres: TcpProxy };
let bundles: Bundle[];
/** Bypasses the proxies. */
let deps: Deps;
let secret: string;
let environment: Record<string, string>;

beforeAll(async () => {
  bundles = await makeBundles(await tempFolder("silent"));
  servers = {
    redis: await ownServer(startRedis),
    postgres: await ownServer(startPostgres, { fsync: "off" }),
  };
  await migrate(servers.postgres.url);
  const config = await queueConfig("redis", {
    databaseUrl: servers.postgres.url,
    redisUrl: servers.redis.url,
    databasePoolSize: 2,
  });
  deps = freshDeps(config);
  await ensurePartitions(deps.sql, { retentionDays: 30, auditRetentionDays: 30 });
  ({ secret } = await addClient(deps, "acme", { scopes: ["admin"] }));
  const [redis, database] = [await behindProxy(config.redisUrl), await behindProxy(config.databaseUrl)];
  proxies = { redis: redis.proxy, postgres: database.proxy };
  environment = {
    ...queueEnvironment({ ...config, redisUrl: redis.url, databaseUrl: database.url }),
    LOG_LEVEL: "SILENT",
  };
});

interface Tried {
  call(instance: FunctionProcess): Promise<Outcome>;
  /** The outcome of a successful call. */
  worked: object;
}

function start(name: string): Promise<FunctionProcess> {
  const bundle = bundles.find((one) => one.name === name);
  if (!bundle) throw new Error(`There is no function called ${name}.`);
  return functionProcess(bundle.file, environment);
}

const headers = () => ({ "x-api-key": secret, "content-type": "application/json" });
const answered = (statusCode: number): object => ({ ended: "answered", answer: { statusCode } });

const FUNCTIONS: Record<string, Tried> = {
  ingest: {
    call: (instance) => {
      const body = JSON.stringify(anEvent());
      const event = gatewayEvent({ method: "POST", route: "/v1/events", headers: headers(), body });
      return instance.call(event, CALL_MS);
    },
    worked: answered(202),
  },
  analytics: {
    call: (instance) => {
      const query = { start: "2026-01-01T00:00:00Z", end: "2027-01-01T00:00:00Z" };
      const event = gatewayEvent({ method: "GET", route: "/v1/analytics/count", headers: headers(), query });
      return instance.call(event, CALL_MS);
    },
    worked: answered(200),
  },
  worker: {
    call: async (instance) => {
      expect((await send(deps, secret, anEvent())).status).toBe(202);
      const messages = await deps.queue.receive({ maxMessages: 50, waitMs: 0 });
      const outcome = await instance.call(sqsEvent(messages), WORKER_MS, CALL_MS);
      const ids = messages.map(({ id }) => id);
      const untried = outcome.ended === "answered" ? untriedOf(outcome) : ids;
      await deps.queue.ack(ids.filter((id) => !untried.includes(id)));
      await deps.queue.release(untried);
      return outcome;
    },
    worked: { ended: "answered", answer: { batchItemFailures: [] } },
  },
};

/** Messages that the worker released. */
const untriedOf = ({ answer }: Extract<Outcome, { ended: "answered" }>): string[] =>
  (answer.untried as string[] | undefined) ?? [];

/** A failed call must end by itself, in a way that lets its caller retry. */
function expectFailedInTime(outcome: Outcome): void {
  expect(outcome.ended).not.toBe("timed out");
  if (outcome.ended === "answered" && untriedOf(outcome).length === 0)
    expect(outcome).toMatchObject(answered(503));
}

/** Returns whether a call succeeds; if not, expects that it failed in time. */
const works = async ({ call, worked }: Tried, instance: FunctionProcess): Promise<boolean> => {
  const outcome = await call(instance);
  try {
    expect(outcome).toMatchObject(worked);
    return true;
  } catch {
    expectFailedInTime(outcome);
    return false;
  }
};

/** Starts an instance and waits until it has its connections. */
async function warm(name: string): Promise<[Tried, FunctionProcess]> {
  const tried = FUNCTIONS[name] as Tried;
  const instance = await start(name);
  await expect.poll(() => works(tried, instance), { timeout: 45_000 }).toBe(true);
  expect(await works(tried, instance)).toBe(true);
  return [tried, instance];
}

/** Expects at most one more failed call, and then only successful ones. */
async function expectGood(tried: Tried, instance: FunctionProcess): Promise<void> {
  if (!(await works(tried, instance))) expect(await works(tried, instance)).toBe(true);
  for (let n = 0; n < 3; n++) expect(await works(tried, instance)).toBe(true);
  await workUntilEmpty(deps);
}

/** Ingest queries PostgreSQL only for a key that Redis does not know. */
const CASES = [
  ["ingest", "redis"],
  ["analytics", "redis"],
  ["analytics", "postgres"],
  ["worker", "redis"],
  ["worker", "postgres"],
] as const;

describe.each(CASES)("in %s, when connections to %s", (name, server) => {
  it("die silently, at most one call fails", async () => {
    const [tried, instance] = await warm(name);
    proxies[server].swallow("open");
    await expectGood(tried, instance);
  });

  it("die, and new ones too, calls fail in time until the network is back, and then at most one fails", async () => {
    const [tried, instance] = await warm(name);
    proxies[server].swallow("all");
    try {
      for (let n = 0; n < 2; n++) await works(tried, instance);
    } finally {
      proxies[server].pass();
    }
    await expectGood(tried, instance);
  });

  it(
    "hang because the server is stopped, calls fail in time, and at most one fails afterwards",
    async () => {
      const [tried, instance] = await warm(name);
      await servers[server].pause();
      try {
        const until = Date.now() + STOP_MS;
        // The worker's messages come through this same Redis.
        if (name === "worker" && server === "redis") await sleep(STOP_MS);
        while (Date.now() < until) await works(tried, instance);
      } finally {
        await servers[server].resume();
      }
      await expectGood(tried, instance);
    },
    STOP_MS + 60_000,
  );
});

it.each(["ingest", "analytics", "worker"])(
  "at most one call of %s fails after it was paused and all its connections died",
  async (name) => {
    const [tried, instance] = await warm(name);
    instance.pause();
    for (const proxy of Object.values(proxies)) proxy.swallow("open");
    await sleep(STOP_MS);
    instance.resume();
    await expectGood(tried, instance);
  },
  STOP_MS + 60_000,
);

it.each(["redis", "postgres"] as const)(
  "a drain whose connection to %s dies continues within its run",
  async (server) => {
    const drain = await start("drain");
    // When the connection dies, the drain has settled one message and waits for more.
    await send(deps, secret, anEvent());
    const running = drain.call(scheduled, DRAIN_RESERVE_MS + 3 * CALL_MS);
    const waiting = async () => (await deps.queue.depth()).messages;
    await expect.poll(waiting, { timeout: 45_000 }).toBe(0);
    proxies[server].swallow("open");
    await send(deps, secret, anEvent());
    await expect.poll(waiting, { timeout: 45_000 }).toBe(0);
    expect(await running).toMatchObject({ ended: "answered" });
  },
);
