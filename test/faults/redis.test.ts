import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { Config } from "../../lib/config.ts";
import type { Deps } from "../../lib/deps.ts";
import { createLogger } from "../../lib/log.ts";
import { parseMessage } from "../../lib/message.ts";
import { startRedis } from "../../local/redis.ts";
import { testConfig } from "../support/deps.ts";
import {
  expectStoredOnce,
  freshDeps,
  type OwnServer,
  ownServer,
  readPipeline,
  readReceipt,
  sendUntilTaken,
  someEvents,
  workOnce,
  workUntilEmpty,
} from "../support/faults.ts";
import { type Answer, addClient, anEvent, counts, drainAll, send } from "../support/pipeline.ts";

const WHOLE = /^[1-9]\d*$/;

let redis: OwnServer;
let config: Config;
let deps: Deps;
beforeAll(async () => {
  redis = await ownServer(startRedis);
  config = await testConfig({ redisUrl: redis.url, queueVisibilitySeconds: 1 });
  deps = freshDeps(config);
});

const expectUnavailable = (answer: Answer, code: string): void => {
  expect(answer).toMatchObject({ status: 503, body: { code } });
  expect(answer.headers["retry-after"]).toMatch(WHOLE);
  expect(answer.body).not.toHaveProperty("receipt_id");
};

/** Sends a request whose payload and key may not show in the log. @returns the answer and the log's entries */
async function sendLogged(secret: string): Promise<{ answer: Answer; entries: Record<string, unknown>[] }> {
  let text = "";
  const spies = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, "write").mockImplementation((chunk) => {
      text += String(chunk);
      return true;
    }),
  );
  const logging = { ...deps, log: createLogger({ logLevel: "WARN" }) };
  const answer = await send(logging, secret, { events: [anEvent({ payload: { a: "private" } })] });
  for (const spy of spies) spy.mockRestore();
  expect(text).not.toMatch(new RegExp(`private|${secret}`));
  return {
    answer,
    entries: text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line)),
  };
}

/** Ids marked as seen, and ids in the queue. */
async function marksAndQueue(clientId: string): Promise<{ marked: string[]; queued: string[] }> {
  const seen = await deps.redis.keys(`*:seen:${clientId}:*`);
  const marked = (await Promise.all(seen.map((key) => deps.redis.hkeys(key)))).flat();
  const entries = await deps.redis.xrange(deps.shards.first.queue, "-", "+");
  const lines = entries.flatMap(([, fields]) => parseMessage(fields.at(-1) ?? "").lines);
  const queued = lines.map((line) => `=${(JSON.parse(line.split("\t")[0] ?? "") as string[])[0]}`);
  return { marked: marked.sort(), queued: queued.sort() };
}

describe("Redis is away", () => {
  it("and a request is refused with 503 in good time, never accepted; its retry counts once", async () => {
    const { clientId, secret } = await addClient(deps, "away");
    await send(deps, secret, anEvent());
    const batch = someEvents(3);
    await redis.stop();
    expectUnavailable(await send(deps, secret, batch), "queue-unavailable");
    const answers = await Promise.all(Array.from({ length: 20 }, () => send(deps, secret, batch)));
    for (const answer of answers) expectUnavailable(answer, "queue-unavailable");
    await redis.start();
    expect((await sendUntilTaken(deps, secret, batch)).body).toMatchObject({ accepted: 3, duplicates: 0 });
    await workUntilEmpty(deps);
    await expectStoredOnce(deps, clientId, 4);
  }, 20_000);

  it("and the call is on record in the log, whole, with its status", async () => {
    const { clientId, secret } = await addClient(deps, "logged");
    await redis.stop();
    const { answer, entries } = await sendLogged(secret);
    await redis.start();
    expectUnavailable(answer, "queue-unavailable");
    expect(entries.find(({ message }) => message === "audit-not-queued")).toMatchObject({
      audit: { v: 1, id: answer.headers["x-request-id"], audit: { method: "POST", status: 503 } },
      error: { name: "MaxRetriesPerRequestError", message: expect.any(String) },
    });
    await expect.poll(() => deps.redis.ping().catch(() => ""), { timeout: 10_000 }).toBe("PONG");
    await expectStoredOnce(deps, clientId, 0);
  });

  it("in mid-stream, twice, and each event is stored once", async () => {
    const { clientId, secret } = await addClient(deps, "stream");
    let sending = true;
    let sent = 0;
    const sender = async (): Promise<void> => {
      while (sending) {
        sent += 5;
        await sendUntilTaken(deps, secret, someEvents(5));
      }
    };
    const worker = async (): Promise<void> => {
      while (sending) await workOnce({ deps, size: 3 }).catch(() => {});
    };
    const all = Promise.all([sender(), sender(), sender(), worker(), worker()]);
    for (let round = 1; round <= 2; round++) {
      const before = sent;
      await expect.poll(() => sent, { timeout: 20_000 }).toBeGreaterThan(before + 100);
      await redis.stop();
      await redis.start();
    }
    sending = false;
    await all;
    await workUntilEmpty(deps);
    await expectStoredOnce(deps, clientId, sent);
    const { body } = await readPipeline(deps, secret);
    expect(body).toMatchObject({ stored: sent, quarantined: 0, pending: 0 });
    expect(body.accepted).toBe(sent + body.duplicates);
  });
});

describe("Redis comes back empty after the queue was drained", () => {
  it.each([
    ["flushed", async () => void (await deps.redis.flushall())],
    [
      "on a new disk",
      async () => {
        await redis.stop();
        await redis.startEmpty();
      },
    ],
  ])("(%s), and nothing counts twice", async (name, empty) => {
    const { clientId, secret } = await addClient(deps, `empty-${name.replaceAll(" ", "-")}`);
    const batch = someEvents(10);
    const first = await send(deps, secret, batch);
    await workUntilEmpty(deps);
    await empty();
    // The key is read again, the ids are forgotten, the group is gone.
    const again = await sendUntilTaken(deps, secret, { events: [...batch.events, anEvent()] });
    expect(again.body).toMatchObject({ accepted: 11, duplicates: 0 });
    expect((await readPipeline(deps, secret)).body).toMatchObject({ accepted: 21, stored: 10, pending: 11 });
    const receipt = String(again.body.receipt_id);
    expect((await readReceipt(deps, secret, receipt)).body).toMatchObject({ accepted: 11, pending: 11 });
    await workUntilEmpty(deps);
    await expectStoredOnce(deps, clientId, 11);
    expect((await readPipeline(deps, secret)).body).toMatchObject({
      accepted: 21,
      stored: 11,
      duplicates: 10,
      quarantined: 0,
      pending: 0,
    });
    for (const [id, counted] of [
      [first.body.receipt_id, { accepted: 10, stored: 10, duplicates: 0, pending: 0 }],
      [receipt, { accepted: 11, stored: 1, duplicates: 10, pending: 0 }],
    ] as const)
      expect((await readReceipt(deps, secret, id)).body).toMatchObject(counted);
  });

  it("and a key that was revoked meanwhile stays refused", async () => {
    const { clientId, secret } = await addClient(deps, "revoked-meanwhile");
    expect((await send(deps, secret, anEvent())).status).toBe(202);
    await workUntilEmpty(deps);
    await deps.sql`UPDATE api_keys SET revoked_at = now() WHERE client_id = ${clientId}`;
    await deps.redis.flushall();
    expect(await send(deps, secret, anEvent())).toMatchObject({
      status: 401,
      body: { code: "revoked-api-key" },
    });
  });
});

describe("Redis is out of memory", () => {
  afterEach(() => deps.redis.config("SET", "maxmemory", "0"));
  const large = () => ({
    events: Array.from({ length: 20 }, () => anEvent({ payload: { a: "x".repeat(2_000) } })),
  });

  it("and what it refuses is told in the log without what was sent", async () => {
    const { secret } = await addClient(deps, "memory-log");
    await send(deps, secret, anEvent());
    await workUntilEmpty(deps);
    await deps.redis.config("SET", "maxmemory", "1");
    const { answer, entries } = await sendLogged(secret);
    expectUnavailable(answer, "queue-unavailable");
    expect(entries.map(({ message }) => message)).toEqual(["queue-unavailable", "audit-not-queued"]);
    expect(entries[0]).toMatchObject({ error: { message: expect.stringContaining("OOM") } });
  });

  it("and what does not fit is refused whole, the worker makes room, and each event is stored once", async () => {
    const { clientId, secret } = await addClient(deps, "memory");
    const first = anEvent();
    await send(deps, secret, first);
    await drainAll(deps);
    const used = Number(/used_memory:(\d+)/.exec(await deps.redis.info("memory"))?.[1]);
    await deps.redis.config("SET", "maxmemory", String(used + 1_000_000));
    const refused: ReturnType<typeof large>[] = [];
    let taken = 0;
    for (const deadline = Date.now() + 20_000; refused.length < 3 && Date.now() < deadline; ) {
      const batch = large();
      const answer = await send(deps, secret, batch);
      if (answer.status === 202) taken += answer.body.accepted;
      else {
        expectUnavailable(answer, "queue-unavailable");
        refused.push(batch);
      }
    }
    expect(refused).toHaveLength(3);
    const { marked, queued } = await marksAndQueue(clientId);
    expect(marked.filter((id) => id !== `=${first.event_id}`)).toEqual(queued);
    expect(queued).toHaveLength(taken);
    // Receiving and acknowledging need no memory.
    await drainAll(deps, 5);
    await expectStoredOnce(deps, clientId, taken + 1);
    for (const batch of refused) {
      expect((await sendUntilTaken(deps, secret, batch)).body).toMatchObject({ accepted: 20, duplicates: 0 });
      await drainAll(deps);
    }
    await expectStoredOnce(deps, clientId, taken + 61);
    expect((await readPipeline(deps, secret)).body).toMatchObject({ accepted: taken + 61, pending: 0 });
  });
});

describe("the queue is at its limit", () => {
  it("and what would go beyond is refused whole, not charged, and accepted once there is room", async () => {
    const small = freshDeps({ ...config, queueMaxEvents: 10 });
    const { clientId, secret } = await addClient(deps, "full", { rate: 1, burst: 1_000 });
    const first = someEvents(8);
    expect((await send(small, secret, first)).status).toBe(202);
    const batch = someEvents(3);
    const left = (answer: Answer): number => Number(/r=(\d+)/.exec(String(answer.headers.ratelimit))?.[1]);
    const answers = [await send(small, secret, batch), await send(small, secret, batch)];
    for (const answer of answers) expectUnavailable(answer, "queue-full");
    expect(left(answers[1] as Answer)).toBeGreaterThanOrEqual(992);
    const { marked, queued } = await marksAndQueue(clientId);
    expect(marked).toEqual(queued);
    expect(queued).toHaveLength(8);
    // What adds nothing to the queue, and what just fits, is taken.
    expect((await send(small, secret, first)).body).toMatchObject({ duplicates: 8 });
    expect((await send(small, secret, someEvents(2))).status).toBe(202);
    await workUntilEmpty(deps);
    expect((await send(small, secret, batch)).body).toMatchObject({ accepted: 3, duplicates: 0 });
    await workUntilEmpty(deps);
    await expectStoredOnce(deps, clientId, 13);
    const rows =
      await deps.sql`SELECT status FROM audit_log WHERE client_id = ${clientId} ORDER BY request_id`;
    expect(rows.map(({ status }) => status)).toEqual([202, 503, 503, 202, 202, 202]);
  });
});

describe("a worker dies with messages in its hands", () => {
  it("and another takes them over", async () => {
    const { clientId, secret } = await addClient(deps, "dies");
    await send(deps, secret, someEvents(5));
    const dying = freshDeps(config);
    expect(await dying.queue.receive({ maxMessages: 10, waitMs: 0 })).toHaveLength(1);
    dying.redis.disconnect();
    expect(await deps.queue.receive({ maxMessages: 10, waitMs: 0 })).toEqual([]);
    await workUntilEmpty(deps);
    await expectStoredOnce(deps, clientId, 5);
    expect(await counts(deps, clientId)).toMatchObject({ accepted: 5, duplicates: 0 });
  });
});
