/** What lies before the horizon may be half deleted already, so no question goes beyond it. */
import { type Instant, isBefore } from "../base/time.ts";

/**
 * Where a question begins. The horizon is a Monday 00:00 UTC, so what begins there is answered from rollups of days.
 * @param start undefined for no bound
 */
export const clampStart = (start: Instant | undefined, horizon: Instant): Instant =>
  start === undefined || isBefore(start, horizon) ? horizon : start;
