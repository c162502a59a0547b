import { script } from "./script.ts";

/**
 * What a shard's books say of the messages in SQS, as of one moment and by its own server's clock.
 *
 * KEYS  1 stats, 2 sent
 * Output {time of the oldest booking (ms) or '', events, drain rate, time of the rate (ms), now (ms)}; events, rate and
 *        its time are false where there are none
 */
export const booksDepthScript = script(
  "weirBooksDepth",
  `
local stats = redis.call('HMGET', KEYS[1], 'events', 'rate', 'rate_at')
local time = redis.call('TIME')
return { redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')[2] or '',
  stats[1], stats[2], stats[3], time[1] * 1000 + math.floor(time[2] / 1000) }
`,
);
