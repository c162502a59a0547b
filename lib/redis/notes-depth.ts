import { DEAD_SCORE } from "./notes.ts";
import { script } from "./script.ts";

/**
 * What a shard's notes say of the messages in SQS, as of one moment and by its own server's clock.
 *
 * KEYS  1 stats, 2 open notes
 * Output {time of the oldest note (ms) or '', events, drain rate, time of the rate (ms), now (ms)}; events, rate and
 *        its time are false where there are none
 */
export const notesDepthScript = script(
  "weirNotesDepth",
  `
local stats = redis.call('HMGET', KEYS[1], 'events', 'rate', 'rate_at')
local time = redis.call('TIME')
local oldest = redis.call('ZRANGE', KEYS[2], '-inf', '(${DEAD_SCORE.toFixed(0)}', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
return { oldest[2] or '', stats[1], stats[2], stats[3], time[1] * 1000 + math.floor(time[2] / 1000) }
`,
);
