import type { RedisConnection } from "../redis/connection.ts";

/**
 * Writes fields of a cached record over whatever stands there, and when it expires, in one step.
 * @throws when Redis is out of reach or refuses; then nothing is written, unless only its answer got lost
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
