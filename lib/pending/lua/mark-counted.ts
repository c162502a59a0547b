import { script } from "../../redis/script.ts";

/**
 * Records that everything that waits in SQS is counted, unless Redis has lost data again in the meantime.
 *
 * KEYS  1 whether the notes are complete
 * ARGV  1 time since which that was unknown (ms)
 * Output 1
 */
export const markCountedScript = script(
  "weirMarkCounted",
  `
local counted, since = KEYS[1], ARGV[1]
if redis.call('HGET', counted, 'since') == since then redis.call('HSET', counted, 'done', 1) end
return 1
`,
);
