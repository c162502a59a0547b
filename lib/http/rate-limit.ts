/** The rate limit as callers see it (draft-ietf-httpapi-ratelimit-headers). */

export interface Limit {
  /** Events a full bucket holds: the client's burst. */
  quota: number;
  /** Seconds in which an empty bucket fills. */
  windowS: number;
  remaining: number;
  /** Seconds until the bucket is full again. */
  resetS: number;
}

export const rateLimitHeaders = ({ quota, windowS, remaining, resetS }: Limit): Record<string, string> => ({
  "ratelimit-policy": `"default";q=${quota};w=${windowS}`,
  ratelimit: `"default";r=${remaining};t=${resetS}`,
});

/** Seconds for `Retry-After`: an integer, at least 1. */
export const retryAfter = (seconds: number): string => String(Math.max(1, Math.ceil(seconds)));

/** Maximum `Retry-After`, in seconds, before the random spread. */
const LONGEST_WAIT_S = 300;

/**
 * Seconds until a full queue has drained by a tenth, with up to a quarter more at random, so that requests refused
 * together do not come back together.
 * @param drainPerSecond events per second; 0 if nothing drains
 */
export function queueFullWait(events: number, drainPerSecond: number): string {
  const seconds = drainPerSecond > 0.1 ? (events * 0.1) / drainPerSecond : 30;
  return retryAfter(Math.min(LONGEST_WAIT_S, seconds) * (1 + Math.random() / 4));
}

/** Seconds for an unreachable server: 2 to 5, at random. */
export const outageWait = (): string => retryAfter(2 + Math.random() * 3);
