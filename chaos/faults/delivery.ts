/** Messages that are delivered more than once. */
import type { Fault } from "./fault.ts";
import { nothing } from "./fault.ts";
import { withRedis } from "./redis-control.ts";

const twice: Fault = {
  name: "deliver-twice",
  target: "delivery",
  seconds: [1, 8],
  begin: async ({ system }) => {
    system.deliverTwice(true);
    return { detail: "", undo: async () => system.deliverTwice(false) };
  },
};

/** Makes a worker's messages look abandoned: another worker claims them immediately. */
const claimAway: Fault = {
  name: "redis-claim-away",
  target: "delivery",
  seconds: [0, 0],
  queue: "redis",
  begin: async ({ system }) => {
    const { queue } = system.deps.shards.first;
    const ids = await withRedis(system, async (redis) => {
      const rows = (await redis.xpending(queue, "worker", "-", "+", 1_000)) as [id: string, ...unknown[]][];
      const held = rows.map(([id]) => id);
      if (held.length > 0)
        await redis.call("XCLAIM", queue, "worker", "weir", 0, ...held, "IDLE", 86_400_000, "JUSTID");
      return held;
    });
    return { detail: `${ids.length} messages`, undo: nothing };
  },
};

/** The minimum, so that a worker's messages are also delivered to another worker. */
const impatient: Fault = {
  name: "sqs-impatient",
  target: "sqs",
  seconds: [2, 6],
  queue: "sqs",
  begin: async ({ system: { deps } }) => {
    const { connectSqs } = await import("../../lib/queue/sqs/client.ts");
    const settings = deps.config.sqs;
    if (!settings) return "there is no SQS";
    const { sdk, client } = await connectSqs(settings);
    const set = async (seconds: number): Promise<void> => {
      const Attributes = { VisibilityTimeout: String(seconds) };
      await client.send(new sdk.SetQueueAttributesCommand({ QueueUrl: settings.queueUrl, Attributes }));
    };
    await set(1);
    return {
      detail: "visibility of 1 s",
      undo: async () => {
        await set(deps.config.queueVisibilitySeconds);
        client.destroy();
      },
    };
  },
};

export const deliveryFaults: readonly Fault[] = [twice, claimAway, impatient];
