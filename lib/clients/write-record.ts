import type { RedisConnection } from "../redis/connection.ts";

/**
 * Overwrites fields of a cached record and sets its expiry, in one transaction.
 * @throws if Redis is unreachable or refuses; then nothing is written, unless only the reply was lost
 */
export async function writeRecord(
  redis: RedisConnection,
  key: string,
  fields: Readonly<Record<string, string | number>>,
  seconds: number,
): Promise<void> {
  const replies = await redis.multi().hset(key, fields).expire(key, seconds).exec();
  const failed = replies?.find(([error]) => error !== null);
  if (failed?.[0]) throw failed[0];
}
