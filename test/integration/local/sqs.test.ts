import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { SqsQueue } from "../../../lib/queue/sqs/queue.ts";
import { Shards } from "../../../lib/redis/shards.ts";
import { createQueues, startSqs } from "../../../local/sqs.ts";
import { atEnd } from "../../support/cleanup.ts";
import { testDeps } from "../../support/servers/deps.ts";

const SETTINGS = { visibilitySeconds: 1, maxDeliveries: 100 };
const NAMES = "weir";

it("the local SQS keeps its messages, received or not, and its port over a restart", async () => {
  const { redis } = await testDeps();
  const dataDir = await mkdtemp(join(tmpdir(), "weir-sqs-"));
  atEnd(() => rm(dataDir, { recursive: true, force: true }));
  const start = () => startSqs({ dataDir, port: 0, log: () => {} });
  const open = async (endpoint: string): Promise<SqsQueue> => {
    const server = { endpoint, region: "us-east-1" };
    const queueUrl = await createQueues(server, NAMES, SETTINGS);
    const sqs = { ...server, queueUrl, messageBytes: 262_144 };
    return new SqsQueue(redis, new Shards(1), { sqs, queueVisibilitySeconds: 1, queueMaxDeliveries: 100 });
  };

  const first = await start();
  const before = await open(first.url);
  await before.send(["a", "b", "c"].map((body) => ({ body, events: 1 })));
  const [held] = await before.receive({ maxMessages: 1, waitMs: 0 });
  await before.close();
  await first.stop();

  const second = await start();
  expect(second.url).toBe(first.url);
  const after = await open(second.url);
  const bodies: string[] = [];
  while (bodies.length < 3) {
    const messages = await after.receive({ maxMessages: 10, waitMs: 5_000 });
    expect(messages.length).toBeGreaterThan(0);
    bodies.push(...messages.map(({ body }) => body));
    await after.ack(messages.map(({ id }) => id));
  }
  expect(bodies.sort()).toEqual(["a", "b", "c"]);
  expect(held?.body).toBeDefined();
  await after.close();
  await second.stop();
});
