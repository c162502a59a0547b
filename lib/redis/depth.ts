import { script } from "./script.ts";

/**
 * What a shard's queue holds, as of one moment and by its own server's clock.
 *
 * KEYS  1 queue stream, 2 dead-letter stream, 3 stats
 * Output {messages, dead letters, id of the oldest message or '', events, drain rate, time of the rate (ms), now (ms)};
 *        events, rate and its time are false where there are none
 */
export const depthScript = script(
  "weirDepth",
  `
local oldest = redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)[1]
local stats = redis.call('HMGET', KEYS[3], 'events', 'rate', 'rate_at')
local time = redis.call('TIME')
return { redis.call('XLEN', KEYS[1]), redis.call('XLEN', KEYS[2]), oldest and oldest[1] or '',
  stats[1], stats[2], stats[3], time[1] * 1000 + math.floor(time[2] / 1000) }
`,
);
