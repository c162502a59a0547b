/** Once an hour: partitions ahead, what has grown too old, statistics. */
import type { Context } from "aws-lambda";
import { getDeps } from "../lib/app/connect-once.ts";
import { type Maintained, maintain } from "../lib/maintenance/maintenance.ts";

/** Kept back before the function's time-out: what is under way is cut off when the time is up, and undone. */
const RESERVE_MS = 20_000;

/** Answers what it has done. */
export const handler = (_event: unknown, context: Context): Promise<Maintained> =>
  maintain(getDeps(), { endsAt: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
