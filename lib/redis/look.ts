import { notesLua } from "./notes.ts";
import { script } from "./script.ts";

/**
 * What waits in a shard, and its oldest notes, as of one moment.
 *
 * KEYS  see `notesLua`
 * ARGV  1 client id, or '' for all, 2 number of notes at the most
 * Output {now (ms), client ids and their waiting events, receipt ids and the times of their notes (ms), notes}; a note is false
 *        where it is missing. The lists but the last are flat.
 */
export const lookScript = script(
  "weirLook",
  `${notesLua(1)}
local waiting
if ARGV[1] == '' then waiting = redis.call('HGETALL', WAITING)
else waiting = { ARGV[1], redis.call('HGET', WAITING, ARGV[1]) or '0' } end
local scored, ids = redis.call('ZRANGE', OPEN, 0, ARGV[2] - 1, 'WITHSCORES'), {}
for i = 1, #scored, 2 do ids[#ids + 1] = scored[i] end
return { notes_now, waiting, scored, #ids > 0 and redis.call('HMGET', NOTES, unpack(ids)) or {} }
`,
);
