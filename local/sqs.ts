/** SQS on one machine: fauxqs in this process, or the developer's own server such as LocalStack. */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { SqsSettings } from "../lib/config/config.ts";
import { connectSqs } from "../lib/queue/sqs/client.ts";
import { choosePort, once, type ServerOptions } from "./process.ts";

/** SQS in this process. */
export interface LocalSqs {
  url: string;
  port: number;
  stop(): Promise<void>;
}

/** Seconds that SQS keeps a message: the maximum, 14 days. */
const RETENTION_S = 1_209_600;

/**
 * Starts fauxqs on 127.0.0.1. It writes every message to a SQLite file in `dataDir` before it replies, so the queue
 * survives restarts.
 */
export async function startSqs({ dataDir, port: requested, log }: ServerOptions): Promise<LocalSqs> {
  await mkdir(dataDir, { recursive: true });
  const port = await choosePort(join(dataDir, "port"), requested);
  // Imported here: it is a development dependency, whose load time only users of SQS should pay.
  const { startFauxqs } = await import("fauxqs");
  // `listenHost` is of our patch: fauxqs has no setting for the address, and requires no credentials, so that anyone on the
  // same network could read and write the queue.
  const server = await startFauxqs({ port, dataDir, logger: false, listenHost: "127.0.0.1" });
  if (new URL(server.address).hostname !== "127.0.0.1") {
    await server.stop();
    throw new Error(
      "The patch of fauxqs is missing, so it would be reachable from the network. Run `npm ci`.",
    );
  }
  log(`SQS (fauxqs, in this process) ready on 127.0.0.1:${server.port}`);
  return { url: `http://127.0.0.1:${server.port}`, port: server.port, stop: once(() => server.stop()) };
}

/**
 * Creates a queue and its dead-letter queue `<name>-dead` if missing, and applies our settings.
 * @returns the queue's URL
 */
export async function createQueues(
  server: Pick<SqsSettings, "endpoint" | "region">,
  name: string,
  { visibilitySeconds, maxDeliveries }: { visibilitySeconds: number; maxDeliveries: number },
): Promise<string> {
  const { sdk, client } = await connectSqs({ ...server, queueUrl: "", messageBytes: 0 });
  const make = async (QueueName: string, Attributes: Record<string, string>): Promise<string> => {
    // Attributes are set separately: SQS refuses to create an existing queue with different attributes.
    const { QueueUrl = "" } = await client.send(new sdk.CreateQueueCommand({ QueueName }));
    const retention = { MessageRetentionPeriod: String(RETENTION_S) };
    await client.send(
      new sdk.SetQueueAttributesCommand({ QueueUrl, Attributes: { ...retention, ...Attributes } }),
    );
    return QueueUrl;
  };
  try {
    const deadUrl = await make(`${name}-dead`, {});
    const ask = new sdk.GetQueueAttributesCommand({ QueueUrl: deadUrl, AttributeNames: ["QueueArn"] });
    const deadLetterTargetArn = (await client.send(ask)).Attributes?.QueueArn;
    return await make(name, {
      VisibilityTimeout: String(visibilitySeconds),
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: maxDeliveries }),
    });
  } finally {
    client.destroy();
  }
}
