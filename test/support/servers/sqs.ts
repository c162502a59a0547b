/** SQS servers for tests. */
import { randomUUID } from "node:crypto";
import type { SqsSettings } from "../../../lib/config/config.ts";
import { createQueues, startSqs } from "../../../local/sqs.ts";
import { atEnd } from "../cleanup.ts";
import { tempFolder } from "./temp-folder.ts";

/** Returns an SQS endpoint on which tests may create queues. */
export async function sqsServer(): Promise<string> {
  const server = await startSqs({ dataDir: await tempFolder("sqs"), port: 0, log: () => {} });
  atEnd(() => server.stop());
  return server.url;
}

/** Creates a queue and its dead-letter queue for one test. */
export async function makeSqsQueue(
  endpoint: string,
  { visibilitySeconds = 60, maxDeliveries = 100 } = {},
): Promise<SqsSettings> {
  const server = { endpoint, region: "us-east-1" };
  const queueUrl = await createQueues(server, `test-${randomUUID()}`, { visibilitySeconds, maxDeliveries });
  return { ...server, queueUrl, messageBytes: 262_144 };
}
