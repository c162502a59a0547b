import type { RedisConnection } from "./connection.ts";

/**
 * Claims a piece of work, so that only one of several servers does it. Redis is not the authority: if it loses the claim,
 * the work may be done twice, which must be harmless.
 * @param name identifies the work; it is not longer than 100 characters
 * @param keepMs milliseconds for which the claim is kept
 * @returns true for the first caller
 * @throws if Redis fails; the claim may then exist
 */
export async function claim(redis: RedisConnection, name: string, keepMs: number): Promise<boolean> {
  return (await redis.set(`weir:claim:${name}`, process.pid, "PX", keepMs, "NX")) === "OK";
}
