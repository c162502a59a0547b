/** Waits until the queue is empty. */
import { setTimeout as sleep } from "node:timers/promises";
import { connectSqs } from "../lib/queue/sqs/client.ts";
import type { System } from "./system.ts";

const LOOK_MS = 250;
/** Consecutive checks, since SQS reports only approximate numbers. */
const LOOKS = 3;

export interface Quiet {
  reached: boolean;
  ms: number;
  /** Waiting messages according to the server itself, not to Weir's counts. */
  waiting: number;
}

/** @param limitMs after which it gives up */
export async function waitForQuiet({ deps }: Pick<System, "deps">, limitMs: number): Promise<Quiet> {
  const begun = Date.now();
  const sqs = deps.config.sqs && (await connectSqs(deps.config.sqs));
  const waitingInSqs = async ({ sdk, client }: NonNullable<typeof sqs>): Promise<number> => {
    const { Attributes = {} } = await client.send(
      new sdk.GetQueueAttributesCommand({
        QueueUrl: deps.config.sqs?.queueUrl ?? "",
        AttributeNames: [
          "ApproximateNumberOfMessages",
          "ApproximateNumberOfMessagesNotVisible",
          "ApproximateNumberOfMessagesDelayed",
        ],
      }),
    );
    return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
  };
  const look = (): Promise<number> => (sqs ? waitingInSqs(sqs) : deps.redis.xlen(deps.shards.first.queue));
  let looks = 0;
  let waiting = Number.NaN;
  try {
    while (looks < LOOKS && Date.now() - begun < limitMs) {
      waiting = await look().catch(() => Number.NaN);
      looks = waiting === 0 ? looks + 1 : 0;
      await sleep(LOOK_MS);
    }
  } finally {
    sqs?.client.destroy();
  }
  return { reached: looks >= LOOKS, ms: Date.now() - begun, waiting };
}
