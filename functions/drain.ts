/** Empties the Redis queue; a schedule starts it, since nothing in AWS calls a function for a Redis stream. */
import type { Context } from "aws-lambda";
import { getDeps } from "../lib/app/connect-once.ts";
import { type Drained, drainQueue } from "../lib/worker/drain-queue.ts";

/** Kept back before the function's time-out: half of it for the batch in hand, half for handing back what is left of it. */
const RESERVE_MS = 20_000;

/** Answers how much it has done. */
export const handler = (_event: unknown, context: Context): Promise<Drained> =>
  drainQueue(getDeps(), { endsAt: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
