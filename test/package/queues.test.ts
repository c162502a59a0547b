/** The queues of the packaged stack on Moto: what stays when the stack goes, and whose messages they are. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectSqs } from "../../lib/queue/sqs/client.ts";
import { SqsQueue } from "../../lib/queue/sqs/queue.ts";
import { connectRedis } from "../../lib/redis/client.ts";
import { Shards } from "../../lib/redis/shards.ts";
import { startRedis } from "../../local/redis.ts";
import { atEnd } from "../support/cleanup.ts";
import { tempFolder } from "../support/servers/temp-folder.ts";
import { cloudFormation, startMoto } from "./moto.ts";
import { packageStack, type Template } from "./stack.ts";

let folder: string;
let endpoint: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-queues-"));
  endpoint = await startMoto();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const sqs = async (queueUrl: string) =>
  connectSqs({ endpoint, region: "us-east-1", queueUrl, messageBytes: 262_144 });

/** The part of a template that Moto can create without running functions. */
function queuesOf({ Resources }: Template): string {
  const kept = Object.entries(Resources).filter(([, { Type }]) => Type === "AWS::SQS::Queue");
  return (
    JSON.stringify({ Resources: Object.fromEntries(kept) })
      // Moto knows only the older policy. AWS applies the newer one in the same way, except when a creation fails.
      .replaceAll("RetainExceptOnCreate", "Retain")
  );
}

it("an accepted message stays receivable after an update from SQS to Redis, and after the stack is deleted", async () => {
  const StackName = "weir-dev";
  const before = await packageStack(join(folder, "sqs"), "dev", "sqs");
  await cloudFormation(endpoint, "CreateStack", { StackName, TemplateBody: queuesOf(before.template) });
  const { sdk, client } = await sqs("");
  const { QueueUrl } = await client.send(new sdk.GetQueueUrlCommand({ QueueName: "weir-dev-events" }));
  await client.send(new sdk.SendMessageCommand({ QueueUrl, MessageBody: "accepted" }));
  const receive = () => client.send(new sdk.ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));

  const after = await packageStack(join(folder, "redis"), "dev", "redis");
  await cloudFormation(endpoint, "UpdateStack", { StackName, TemplateBody: queuesOf(after.template) });
  expect(await receive()).toMatchObject({ Messages: [{ Body: "accepted" }] });

  await cloudFormation(endpoint, "DeleteStack", { StackName });
  // This one holds no events, and is gone.
  const gone = new sdk.GetQueueUrlCommand({ QueueName: "weir-dev-failed-runs" });
  await expect(client.send(gone)).rejects.toThrow("does not exist");
  expect(await receive()).toMatchObject({ Messages: [{ Body: "accepted" }] });
});

it("messages carry their client as group, also after a redrive", async () => {
  const { sdk, client } = await sqs("");
  const { QueueUrl: dead = "" } = await client.send(new sdk.CreateQueueCommand({ QueueName: "fair-dead" }));
  const named = new sdk.GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ["QueueArn"] });
  const deadLetterTargetArn = (await client.send(named)).Attributes?.QueueArn;
  const { QueueUrl: queueUrl = "" } = await client.send(
    new sdk.CreateQueueCommand({
      QueueName: "fair",
      Attributes: { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: "1" }) },
    }),
  );
  const server = await startRedis({ dataDir: await tempFolder("fair"), port: 0, log: () => {} });
  atEnd(server.stop);
  const redis = connectRedis({ redisUrl: server.url, redisCluster: false });
  atEnd(() => redis.disconnect());
  const queue = new SqsQueue(redis, new Shards(1), {
    sqs: { endpoint, region: "us-east-1", queueUrl, messageBytes: 262_144 },
    queueVisibilitySeconds: 1,
    queueMaxDeliveries: 1,
  });
  atEnd(() => queue.close());
  /** Groups of the messages that can be received now. */
  const groups = async (): Promise<(string | undefined)[]> => {
    const receive = new sdk.ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: 10,
      MessageSystemAttributeNames: ["MessageGroupId"],
      VisibilityTimeout: 1,
    });
    const { Messages = [] } = await client.send(receive);
    return Messages.map(({ Attributes }) => Attributes?.MessageGroupId).sort();
  };
  await queue.send([
    { body: "one", events: 1, group: "shop" },
    { body: "two", events: 1, group: "(audit)" },
  ]);
  expect(await groups()).toEqual(["(audit)", "shop"]);
  // Their only delivery is over: the next call moves them to the dead letters.
  await expect
    .poll(async () => (await groups()).length + (await queue.depth()).deadLetters, { timeout: 20_000 })
    .toBe(2);
  expect(await queue.redrive(10)).toBe(2);
  expect(await groups()).toEqual(["(audit)", "shop"]);
});
