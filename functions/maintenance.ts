/** Once an hour: creates partitions, advances erasures, deletes expired data, refreshes statistics. */
import type { Context } from "aws-lambda";
import { getDeps } from "../lib/app/connect-once.ts";
import { type Maintained, maintain } from "../lib/maintenance/maintenance.ts";

/** Reserved before the function's time-out: the current step is aborted when the time is up, and rolled back. */
const RESERVE_MS = 20_000;

/** Returns what it has done. */
export const handler = async (_event: unknown, context: Context): Promise<Maintained> =>
  maintain(await getDeps(), { endsAt: Date.now() + context.getRemainingTimeInMillis() - RESERVE_MS });
