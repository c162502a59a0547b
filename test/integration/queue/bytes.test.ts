/** How many bytes wait in Redis, and the limit on them. */
import { describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { newSecret } from "../../../lib/base/ids.ts";
import { expectUnavailable, freshDeps } from "../../support/faults.ts";
import { addClient, anEvent, counts, drainAll, send, sendAndStore, stored } from "../../support/pipeline.ts";
import { ids, poll, take, takeOne } from "../../support/queue/queue-steps.ts";
import { queueConfig } from "../../support/queue/queues.ts";

const counted = async ({ redis, shards }: Deps): Promise<number> =>
  Number(await redis.hget(shards.first.stats, "bytes"));

/** The bytes of the messages in a stream. */
async function held({ redis }: Deps, stream: string): Promise<number> {
  const entries = await redis.xrange(stream, "-", "+");
  const sizes = entries.map(([, fields]) => Buffer.byteLength(fields[fields.indexOf("m") + 1] ?? ""));
  return sizes.reduce((sum, size) => sum + size, 0);
}

const large = (): object => anEvent({ payload: { text: "ß".repeat(20_000) } });

describe("the bytes of waiting messages", () => {
  it("are counted for every kind of message, in and out", async () => {
    const deps = freshDeps(await queueConfig("redis"));
    const { queue } = deps.shards.first;
    const { secret } = await addClient(deps, "counted");
    const reader = await addClient(deps, "reader", { scopes: ["read"] });
    const statuses = [
      await send(deps, secret, large()),
      await send(deps, secret, { events: [anEvent(), 5] }),
      await send(deps, secret, "no json"),
      await send(deps, reader.secret, anEvent()),
      await send(deps, newSecret("nobody"), anEvent()),
    ].map(({ status }) => status);
    expect(statuses).toEqual([202, 202, 400, 403, 401]);
    await deps.queue.send([{ body: "ä message", events: 0 }]);
    expect(await counted(deps)).toBe(await held(deps, queue));
    expect(await counted(deps)).toBeGreaterThan(40_000);

    const first = await takeOne(deps.queue);
    await deps.queue.ack([first.id]);
    expect(await counted(deps)).toBe(await held(deps, queue));
    await deps.queue.ack(ids(await deps.queue.receive({ maxMessages: 10, waitMs: 0 })));
    expect(await counted(deps)).toBe(0);
  });

  it("are right though another worker has acknowledged some of the messages, or the same one all of them", async () => {
    const config = await queueConfig("redis", { queueVisibilitySeconds: 1 });
    const [deps, other] = [freshDeps(config), freshDeps(config)];
    const { queue } = deps.shards.first;
    const { secret } = await addClient(deps, "overlapping");
    for (let n = 1; n <= 4; n++)
      await send(deps, secret, {
        events: Array.from({ length: n }, () => anEvent({ payload: { n: "x".repeat(n) } })),
      });
    const mine = await take(deps.queue, 4);
    // The visibility time-out passes.
    const theirs = await take(other.queue, 4);
    await other.queue.ack(ids(theirs.slice(1, 3)));
    expect(await other.queue.depth()).toMatchObject({ messages: 2, events: 5 });
    expect(await counted(deps)).toBe(await held(deps, queue));
    await deps.queue.ack(ids(mine.slice(0, 3)));
    expect(await deps.queue.depth()).toMatchObject({ messages: 1, events: 4 });
    expect(await counted(deps)).toBe(await held(deps, queue));
    await deps.queue.ack(ids(mine.slice(0, 3)));
    expect(await deps.queue.depth()).toMatchObject({ messages: 1, events: 4 });
    expect(await counted(deps)).toBe(await held(deps, queue));
  });

  it("are subtracted for a dead letter, and added again at its redrive", async () => {
    const deps = freshDeps(await queueConfig("redis", { queueMaxDeliveries: 1 }));
    const { queue, dead } = deps.shards.first;
    const { secret } = await addClient(deps, "dead");
    await send(deps, secret, large());
    await deps.queue.fail([(await takeOne(deps.queue)).id]);
    await send(deps, secret, anEvent());
    await poll(async () => {
      await deps.queue.receive({ maxMessages: 1, waitMs: 0 });
      return (await deps.queue.depth()).deadLetters;
    }).toBe(1);
    expect(await held(deps, dead)).toBeGreaterThan(40_000);
    expect(await counted(deps)).toBe(await held(deps, queue));
    await deps.queue.redrive(1);
    expect(await counted(deps)).toBe(await held(deps, queue));
    expect(await counted(deps)).toBeGreaterThan(40_000);
  });

  it("are 0 for an empty queue, even after changes by a version that did not count them", async () => {
    const deps = freshDeps(await queueConfig("redis"));
    const { secret } = await addClient(deps, "mixed-versions");
    for (const wrong of [-1_000_000, 1_000_000]) {
      await deps.redis.hincrby(deps.shards.first.stats, "bytes", wrong);
      await sendAndStore(deps, secret, anEvent());
      expect(await counted(deps)).toBe(0);
    }
  });
});

describe("a queue at its byte limit", () => {
  it("answers 503 with Retry-After until the worker has processed some messages", async () => {
    const deps = freshDeps(await queueConfig("redis", { queueMaxBytes: 100_000 }));
    const { clientId, secret } = await addClient(deps, "bytes");
    const event = large();
    for (let n = 0; n < 3; n++) expect((await send(deps, secret, large())).status).toBe(202);
    expectUnavailable(await send(deps, secret, event), "queue-full");
    await drainAll(deps);
    expect((await send(deps, secret, event)).status).toBe(202);
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject(stored(4));
  });

  it("has a share of the limit for each shard", async () => {
    const deps = freshDeps(await queueConfig("redis", { queueMaxBytes: 160_000, redisShards: 16 }));
    const { secret } = await addClient(deps, "sharded");
    expect((await send(deps, secret, large())).status).toBe(202);
    expect((await send(deps, secret, anEvent())).status).toBe(503);
    await drainAll(deps);
    expect((await send(deps, secret, anEvent())).status).toBe(202);
  });

  it("does not exist with SQS, which stores the messages itself", async () => {
    const deps = freshDeps(await queueConfig("sqs", { queueMaxBytes: 1 }));
    const { secret } = await addClient(deps, "on-sqs");
    for (let n = 0; n < 2; n++) expect((await send(deps, secret, large())).status).toBe(202);
  });
});
