/** A batch in the shape of an SQS event, whichever queue it comes from. */
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { decodeText } from "../queue/sqs/text.ts";
import { drainUntil, type WorkerDeps } from "./settle-batch.ts";

/** What Lambda reads, and for an event source of our own which failures are not the messages' fault. */
export interface BatchResponse extends SQSBatchResponse {
  /** Ids of messages that were not tried; they are among the failures too. */
  untried: string[];
}

/**
 * Settles the records of an SQS event.
 * @param endsAt when what has not been settled is given back, in milliseconds since the Unix epoch
 * @returns which messages to deliver again
 * @throws when the database fails before anything is settled: all are to be delivered again
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
  const { failed, untried } = await drainUntil(delivered, deps, endsAt);
  return {
    batchItemFailures: [...failed, ...untried].map((itemIdentifier) => ({ itemIdentifier })),
    untried,
  };
}
