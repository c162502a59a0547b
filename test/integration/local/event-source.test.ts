import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { RedisQueue } from "../../../lib/queue/redis/queue.ts";
import { splitByBytes } from "../../../lib/queue/split.ts";
import { type EventSource, startEventSource } from "../../../local/event-source.ts";
import { message, poll } from "../../support/queue/queue-steps.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps: Deps = await testDeps({ queueMaxDeliveries: 3 });
let source: EventSource | undefined;
afterEach(() => source?.stop());

/** Every record a worker was given, as "body deliveries". */
function start(worker: (event: SQSEvent) => Promise<SQSBatchResponse>): string[] {
  const given: string[] = [];
  source = startEventSource({
    createQueue: () => new RedisQueue(deps.redis, deps.shards.first, deps.config),
    invoke: (event) => {
      given.push(...event.Records.map((r) => `${r.body} ${r.attributes.ApproximateReceiveCount}`));
      return worker(event);
    },
    log: () => {},
  });
  return given;
}

const send = (...bodies: string[]): Promise<void> => deps.queue.send(bodies.map((body) => message(body)));
const waiting = async (): Promise<number> => (await deps.queue.depth()).messages;
const dead = async (): Promise<number> => (await deps.queue.depth()).deadLetters;

describe("the event source", () => {
  it("acknowledges processed messages, redelivers failed ones, and finally makes them dead letters", async () => {
    const before = await dead();
    await send("good-1", "bad", "good-2");
    const given = start(async ({ Records }) => ({
      batchItemFailures: Records.filter(({ body }) => body === "bad").map(({ messageId }) => ({
        itemIdentifier: messageId,
      })),
    }));
    await poll(dead).toBe(before + 1);
    expect(await waiting()).toBe(0);
    expect(given.toSorted()).toEqual(["bad 1", "bad 2", "bad 3", "good-1 1", "good-2 1"]);
  });

  it("redelivers everything when the worker itself fails, without counting a delivery", async () => {
    const before = await dead();
    let failures = 6;
    await send("a", "b");
    const given = start(async () => {
      if (failures-- > 0) throw new Error("the database is away");
      return { batchItemFailures: [] };
    });
    await vi.waitFor(async () => expect(await waiting()).toBe(0), { timeout: 45_000 });
    expect(await dead()).toBe(before);
    expect(given.length).toBeGreaterThan(3 * 2);
    expect(new Set(given)).toEqual(new Set(["a 1", "b 1"]));
  });

  it("finishes its current batch when it is stopped", async () => {
    const release = Promise.withResolvers<SQSBatchResponse>();
    const given = start(() => release.promise);
    await send("last");
    await vi.waitFor(() => expect(given).toEqual(["last 1"]), { timeout: 45_000 });
    const stopped = source?.stop();
    release.resolve({ batchItemFailures: [] });
    await stopped;
    expect(await waiting()).toBe(0);
  });

  it("keeps each invocation below Lambda's size limit", () => {
    const bodies = ["a".repeat(900), "b".repeat(1_100), "c".repeat(501), "d".repeat(5_000)];
    const messages = bodies.map((body, n) => ({ id: String(n), body, deliveries: 1, sentAt: 0 }));
    const parts = splitByBytes(messages, 2_500, ({ body }) => body.length);
    expect(parts.map((part) => part.map(({ id }) => id))).toEqual([["0", "1"], ["2"], ["3"]]);
  });
});
