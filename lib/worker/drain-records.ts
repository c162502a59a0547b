/** Settles batches in the format of an SQS event, whichever queue they come from. */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { decodeText } from "../queue/sqs/text.ts";
import { processBatch, type WorkerDeps } from "./process-batch.ts";

/** Lambda's response, plus for our own event source the failures that are not the messages' fault. */
export interface BatchResponse extends SQSBatchResponse {
  /** Ids of messages that were not tried; they are also listed as failures. */
  untried: string[];
}

/**
 * Settles the records of an SQS event.
 * @param endsAt when unsettled messages are returned, in milliseconds since the Unix epoch
 * @returns the messages to deliver again
 * @throws if the database fails before anything is settled: all must be delivered again
 */
export async function drainRecords(
  { Records }: SQSEvent,
  deps: WorkerDeps,
  endsAt: number,
): Promise<BatchResponse> {
  const delivered = Records.map(({ messageId, body, attributes }) => ({
    id: messageId,
    body: decodeText(body),
    deliveries: Number(attributes.ApproximateReceiveCount),
  }));
  const { failed, untried } = await processBatch(delivered, deps, endsAt);
  return {
    batchItemFailures: [...failed, ...untried].map((itemIdentifier) => ({ itemIdentifier })),
    untried,
  };
}
