import { script } from "../../redis/script.ts";
import { DEAD_SCORE } from "./notes.ts";

/**
 * Reads the depth of the messages in SQS from a shard's notes, as of one moment and by its own server's clock.
 *
 * KEYS  1 stats, 2 open notes, 3 whether the notes are complete
 * Output {time of the oldest note (ms) or '', events, drain rate, time of the rate (ms), now (ms), time since all notes may
 *        have been lost (ms), -1 if they are not}; events, rate and its time are false if absent
 */
export const notesDepthScript = script(
  "weirNotesDepth",
  `
local stats_key, open, counted_key = KEYS[1], KEYS[2], KEYS[3]
local stats = redis.call('HMGET', stats_key, 'events', 'rate', 'rate_at')
local time = redis.call('TIME')
local oldest = redis.call('ZRANGE', open, '-inf', '(${DEAD_SCORE.toFixed(0)}', 'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local counted, lost = redis.call('HMGET', counted_key, 'since', 'done', 'emptied'), -1
if not counted[1] then lost = 0
elseif counted[2] == '' and counted[3] == '1' then lost = now - tonumber(counted[1]) end
return { oldest[2] or '', stats[1], stats[2], stats[3], now, lost }
`,
);
