/** A batch of messages into PostgreSQL, in the shape of an SQS event whichever queue it comes from. */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { getDeps } from "../lib/deps-once.ts";
import { drain } from "../lib/drain.ts";
import { decodeText } from "../lib/queue/sqs-text.ts";

/** Answers which messages to deliver again; a thrown error means all of them. */
export async function handler(event: SQSEvent): Promise<SQSBatchResponse> {
  const delivered = event.Records.map(({ messageId, body, attributes }) => ({
    id: messageId,
    body: decodeText(body),
    deliveries: Number(attributes.ApproximateReceiveCount),
  }));
  const failed = await drain(delivered, getDeps());
  return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
}
