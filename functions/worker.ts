/** A batch of messages into PostgreSQL, in the shape of an SQS event whichever queue it comes from. */
import type { Context, SQSEvent } from "aws-lambda";
import { getDeps } from "../lib/app/connect-once.ts";
import { type BatchResponse, drainRecords } from "../lib/worker/drain-records.ts";

/** Kept back before the function's time-out, to end what is under way and answer what was not tried. */
const RESERVE_MS = 10_000;

/** Answers which messages to deliver again; a thrown error means all of them. */
export const handler = (event: SQSEvent, context: Context): Promise<BatchResponse> =>
  drainRecords(event, getDeps(), Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS);
