/** Stores a batch of messages in PostgreSQL; it has the form of an SQS event, whatever the queue. */
import type { Context, SQSEvent } from "aws-lambda";
import { getDeps } from "../lib/app/connect-once.ts";
import { type BatchResponse, drainRecords } from "../lib/worker/drain-records.ts";

/** Reserved before the function's time-out, to finish work in progress and report what was not tried. */
const RESERVE_MS = 10_000;

/** Returns which messages to deliver again; a thrown error means all of them. */
export const handler = async (event: SQSEvent, context: Context): Promise<BatchResponse> =>
  drainRecords(event, await getDeps(), Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS);
