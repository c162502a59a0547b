import type { SQSClient } from "@aws-sdk/client-sqs";
import { standIn } from "../../aws/endpoint.ts";
import type { SqsSettings } from "../../config/config.ts";

export type Sdk = typeof import("@aws-sdk/client-sqs");

/** The SDK and its client, for AWS or an emulator. */
export interface SqsConnection {
  sdk: Sdk;
  client: SQSClient;
}

/** Imports the SDK with the first call, so that functions that do not use SQS save its 60 ms at start. */
export async function connectSqs({ region, endpoint }: SqsSettings): Promise<SqsConnection> {
  const sdk = await import("@aws-sdk/client-sqs");
  const client = new sdk.SQSClient({
    region,
    // One retry, for a connection that was closed while idle. `callInBatches` retries failed entries within its own time
    // budget.
    maxAttempts: 2,
    ...(endpoint !== undefined && { useQueueUrlAsEndpoint: false }),
    ...standIn(endpoint),
    requestHandler: { connectionTimeout: 1_000 },
  });
  return { sdk, client };
}
