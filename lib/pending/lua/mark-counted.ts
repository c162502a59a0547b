import { script } from "../../redis/script.ts";

/**
 * Notes that all that waits in SQS is counted, unless Redis has lost data again in the meantime.
 *
 * KEYS  1 whether the notes are complete
 * ARGV  1 since when that had not been known (ms)
 * Output 1
 */
export const markCountedScript = script(
  "weirMarkCounted",
  `
local since = redis.call('HGET', KEYS[1], 'since')
if since == ARGV[1] then redis.call('HSET', KEYS[1], 'done', 1) end
return 1
`,
);
