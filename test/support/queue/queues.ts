/** Both queues, for tests of guarantees that Weir gives with either. */
import { type Config, QUEUES } from "../../../lib/config/config.ts";

export { QUEUES };

import { testConfig } from "../servers/deps.ts";
import { makeSqsQueue, sqsServer } from "../servers/sqs.ts";

/** One server for all queues of a file's tests. */
let endpoint: Promise<string> | undefined;

/**
 * Settings for a test, with its own queue.
 * @param overrides by their names in `Config`
 */
export async function queueConfig(queue: Config["queue"], overrides: Partial<Config> = {}): Promise<Config> {
  if (queue === "redis") return testConfig(overrides);
  const { queueVisibilitySeconds: visibilitySeconds = 60, queueMaxDeliveries: maxDeliveries = 100 } =
    overrides;
  endpoint ??= sqsServer();
  const sqs = await makeSqsQueue(await endpoint, { visibilitySeconds, maxDeliveries });
  return testConfig({
    ...overrides,
    queueMaxDeliveries: maxDeliveries,
    queue,
    // Small messages, so that a request of usual size becomes several.
    sqs: { ...sqs, messageBytes: 16_384 },
  });
}

/** The same settings as the environment of a separate process. */
export const queueEnvironment = (config: Config): Record<string, string> => ({
  DATABASE_URL: config.databaseUrl,
  REDIS_URL: config.redisUrl,
  QUEUE: config.queue,
  QUEUE_VISIBILITY_SECONDS: String(config.queueVisibilitySeconds),
  QUEUE_MAX_DELIVERIES: String(config.queueMaxDeliveries),
  ...(config.sqs && {
    SQS_QUEUE_URL: config.sqs.queueUrl,
    SQS_ENDPOINT: config.sqs.endpoint ?? "",
    AWS_REGION: config.sqs.region,
  }),
});
