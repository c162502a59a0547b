import type { SQSClient } from "@aws-sdk/client-sqs";
import { standIn } from "../../aws/endpoint.ts";
import type { SqsSettings } from "../../config/config.ts";

export type Sdk = typeof import("@aws-sdk/client-sqs");

/** The SDK and a client of it, or of a stand-in. */
export interface SqsConnection {
  sdk: Sdk;
  client: SQSClient;
}

/** Imported with the first call, so that functions which never see SQS do not wait for it at their start (60 ms). */
export async function connectSqs({ region, endpoint }: SqsSettings): Promise<SqsConnection> {
  const sdk = await import("@aws-sdk/client-sqs");
  const client = new sdk.SQSClient({
    region,
    // Once more, for a connection that was closed while it was idle. Entries that fail are tried again by our own measure
    // of time, see `callInBatches`.
    maxAttempts: 2,
    ...(endpoint !== undefined && { useQueueUrlAsEndpoint: false }),
    ...standIn(endpoint),
    requestHandler: { connectionTimeout: 1_000 },
  });
  return { sdk, client };
}
