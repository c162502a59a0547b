/** Data before the horizon may be partly deleted, so no query reads beyond it. */
import { type Instant, isBefore } from "../base/time.ts";

/**
 * The start of a query, at least the horizon. The horizon is a Monday 00:00 UTC, so such a query can use daily rollups.
 * @param start undefined for no bound
 */
export const clampStart = (start: Instant | undefined, horizon: Instant): Instant =>
  start === undefined || isBefore(start, horizon) ? horizon : start;
