import { afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../lib/app/connect.ts";
import { createLogger } from "../../lib/base/log.ts";
import type { Config } from "../../lib/config/config.ts";
import { parseMessage } from "../../lib/queue/message.ts";
import { startRedis } from "../../local/redis.ts";
import { capturePrinted } from "../support/audit/logged.ts";
import { type TestClient, testClient } from "../support/client.ts";
import {
  expectUnavailable,
  freshDeps,
  type OwnServer,
  ownServer,
  someEvents,
  workUntilEmpty,
} from "../support/faults.ts";
import { type Answer, anEvent, drainAll, markedAsSeen } from "../support/pipeline.ts";
import { testConfig } from "../support/servers/deps.ts";

let redis: OwnServer;
let config: Config;
let deps: Deps;
beforeAll(async () => {
  redis = await ownServer(startRedis);
  config = await testConfig({ redisUrl: redis.url, queueVisibilitySeconds: 1 });
  deps = freshDeps(config);
});

/** Sends a request whose payload and key must not be in the log. @returns the answer and the log's entries */
async function sendLogged(
  client: TestClient,
): Promise<{ answer: Answer; entries: Record<string, unknown>[] }> {
  const printed = capturePrinted();
  const logging = { ...deps, log: createLogger({ logLevel: "WARN" }) };
  const answer = await client.send({ events: [anEvent({ payload: { a: "private" } })] }, logging);
  printed.stop();
  expect(printed.text()).not.toMatch(new RegExp(`private|${client.secret}`));
  const lines = printed.text().trim().split("\n");
  return { answer, entries: lines.map((line) => JSON.parse(line)) };
}

/** Returns the ids marked as seen and the ids in the queue. */
async function marksAndQueue(clientId: string): Promise<{ marked: string[]; queued: string[] }> {
  const marked = await markedAsSeen(deps, clientId);
  const entries = await deps.redis.xrange(deps.shards.first.queue, "-", "+");
  const lines = entries.flatMap(([, fields]) => parseMessage(fields.at(-1) ?? "").lines);
  const queued = lines.map((line) => `=${(JSON.parse(line.split("\t")[0] ?? "") as string[])[0]}`);
  return { marked, queued: queued.sort() };
}

describe("when Redis is unreachable", () => {
  it("the complete audit row of a call is in the log, with its status", async () => {
    const client = await testClient(deps, "logged");
    await redis.stop();
    const { answer, entries } = await sendLogged(client);
    await redis.start();
    expectUnavailable(answer, "queue-unavailable");
    expect(entries.find(({ message }) => message === "audit-not-queued")).toMatchObject({
      audit: { v: 1, id: answer.headers["x-request-id"], audit: { method: "POST", status: 503 } },
      error: { name: "MaxRetriesPerRequestError", message: expect.any(String) },
    });
    await expect.poll(() => deps.redis.ping().catch(() => ""), { timeout: 45_000 }).toBe("PONG");
    await client.expectStoredOnce(0);
  });
});

describe("when Redis is out of memory", () => {
  afterEach(() => deps.redis.config("SET", "maxmemory", "0"));
  const large = () => ({
    events: Array.from({ length: 20 }, () => anEvent({ payload: { a: "x".repeat(2_000) } })),
  });

  it("the log reports the refusal without the data that was sent", async () => {
    const client = await testClient(deps, "memory-log");
    await client.send(anEvent());
    await workUntilEmpty(deps);
    await deps.redis.config("SET", "maxmemory", "1");
    const { answer, entries } = await sendLogged(client);
    expectUnavailable(answer, "queue-unavailable");
    // The last entry is the metric.
    expect(entries.map(({ message }) => message)).toEqual([
      "queue-unavailable",
      "audit-not-queued",
      undefined,
    ]);
    expect(entries[2]).toMatchObject({ AuditNotQueued: 1 });
    expect(entries[0]).toMatchObject({ error: { message: expect.stringContaining("OOM") } });
  });

  it("a batch that does not fit is refused entirely, the worker makes room, and each event is stored once", async () => {
    const client = await testClient(deps, "memory");
    const first = anEvent();
    await client.send(first);
    await drainAll(deps);
    const used = Number(/used_memory:(\d+)/.exec(await deps.redis.info("memory"))?.[1]);
    await deps.redis.config("SET", "maxmemory", String(used + 1_000_000));
    const refused: ReturnType<typeof large>[] = [];
    let taken = 0;
    for (const deadline = Date.now() + 20_000; refused.length < 3 && Date.now() < deadline; ) {
      const batch = large();
      const answer = await client.send(batch);
      if (answer.status === 202) taken += answer.body.accepted;
      else {
        expectUnavailable(answer, "queue-unavailable");
        refused.push(batch);
      }
    }
    expect(refused).toHaveLength(3);
    const { marked, queued } = await marksAndQueue(client.clientId);
    expect(marked.filter((id) => id !== `=${first.event_id}`)).toEqual(queued);
    expect(queued).toHaveLength(taken);
    // Receiving and acknowledging need no memory.
    await drainAll(deps, 5);
    await client.expectStoredOnce(taken + 1);
    for (const batch of refused) {
      expect(await client.accept(batch)).toMatchObject({ accepted: 20, duplicates: 0 });
      await drainAll(deps);
    }
    await client.expectStoredOnce(taken + 61);
    expect(await client.pipeline()).toMatchObject({ accepted: taken + 61, pending: 0 });
  });
});

describe("when a worker dies while it holds messages", () => {
  it("another takes them over", async () => {
    const client = await testClient(deps, "dies");
    await workUntilEmpty(deps);
    await client.send(someEvents(5));
    const dying = freshDeps(config);
    expect(await dying.queue.receive({ maxMessages: 10, waitMs: 0 })).toHaveLength(1);
    dying.redis.disconnect();
    expect(await deps.queue.receive({ maxMessages: 10, waitMs: 0 })).toEqual([]);
    await workUntilEmpty(deps);
    await client.expectStoredOnce(5);
    expect(await client.counts()).toMatchObject({ accepted: 5, duplicates: 0 });
  });
});
