import { networkInterfaces } from "node:os";
import { expect, it } from "vitest";
import { SqsQueue } from "../../../lib/queue/sqs/queue.ts";
import { Shards } from "../../../lib/redis/shards.ts";
import { createQueues, startSqs } from "../../../local/sqs.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { bodies, message, take, takeOne } from "../../support/queue/queue-steps.ts";
import { testDeps } from "../../support/servers/deps.ts";

const SETTINGS = { visibilitySeconds: 1, maxDeliveries: 100 };

it("the local SQS is not reachable from the network", async () => {
  const server = await startSqs({ dataDir: await temporaryFolder(), port: 0, log: () => {} });
  const addresses = Object.values(networkInterfaces())
    .flatMap((all) => all ?? [])
    .filter(({ internal, family }) => !internal && family === "IPv4");
  for (const { address } of addresses)
    await expect(fetch(`http://${address}:${server.port}`)).rejects.toThrow("fetch failed");
  expect((await fetch(server.url)).status).toBeGreaterThan(0);
  await server.stop();
});

it("the local SQS keeps its messages, received or not, and its port over a restart", async () => {
  const { redis } = await testDeps();
  const dataDir = await temporaryFolder();
  const start = () => startSqs({ dataDir, port: 0, log: () => {} });
  const open = async (endpoint: string): Promise<SqsQueue> => {
    const server = { endpoint, region: "us-east-1" };
    const queueUrl = await createQueues(server, "weir", SETTINGS);
    const sqs = { ...server, queueUrl, messageBytes: 262_144 };
    return new SqsQueue(redis, new Shards(1), { sqs, queueVisibilitySeconds: 1, queueMaxDeliveries: 100 });
  };

  const first = await start();
  const before = await open(first.url);
  await before.send(["a", "b", "c"].map((body) => message(body)));
  const held = await takeOne(before);
  await before.close();
  await first.stop();

  const second = await start();
  expect(second.url).toBe(first.url);
  const after = await open(second.url);
  const messages = await take(after, 3);
  expect(bodies(messages)).toEqual(["a", "b", "c"]);
  expect(bodies(messages)).toContain(held.body);
  await after.close();
  await second.stop();
});
