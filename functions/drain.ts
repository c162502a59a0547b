/** Drains the Redis queue. A schedule starts it, since nothing in AWS invokes a function for a Redis stream. */
import type { Context } from "aws-lambda";
import { getDeps } from "../lib/app/connect-once.ts";
import type { Delivered } from "../lib/queue/deliver.ts";
import { drainQueue } from "../lib/worker/drain-queue.ts";

/** Reserved before the function's time-out: half for the current batch, half for returning what is left of it. */
const RESERVE_MS = 20_000;

/** Returns how much it has done. */
export const handler = async (_event: unknown, context: Context): Promise<Delivered> =>
  drainQueue(await getDeps(), { endsAt: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
