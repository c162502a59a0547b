import { script } from "../../redis/script.ts";
import { notesLua } from "./notes.ts";

/**
 * Reads what waits in a shard, and its oldest notes, as of one moment.
 *
 * KEYS  1 to 4 see `notesLua`, 5 whether the notes are complete
 * ARGV  1 client id, or '' for all, 2 maximum number of notes
 * Output {now (ms), client ids and their waiting events, receipt ids and the times of their notes (ms), notes, time since
 *        which the notes may be incomplete (ms) or '' if they are complete, 1 if all of them may have been lost}; a missing
 *        note is false. The second and third element are flat lists.
 */
export const lookScript = script(
  "weirLook",
  `${notesLua(1)}
local counted_key, client_id, most_notes = KEYS[5], ARGV[1], ARGV[2]
local waiting
if client_id == '' then waiting = redis.call('HGETALL', WAITING)
else waiting = { client_id, redis.call('HGET', WAITING, client_id) or '0' } end
local scored, ids = redis.call('ZRANGE', OPEN, 0, most_notes - 1, 'WITHSCORES'), {}
for i = 1, #scored, 2 do ids[#ids + 1] = scored[i] end
-- A server that restarted, or took over from another, may have lost the newest notes.
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') or ''
local counted = redis.call('HMGET', counted_key, 'run', 'since', 'done', 'emptied')
local since = counted[2]
local emptied = (not counted[1] or counted[3] == '' and counted[4] == '1') and 1 or 0
if counted[1] ~= run then
  since = string.format('%.0f', notes_now)
  redis.call('HSET', counted_key, 'run', run, 'since', since, 'done', '', 'emptied', emptied)
elseif counted[3] ~= '' then since = '' end
return { notes_now, waiting, scored, #ids > 0 and redis.call('HMGET', NOTES, unpack(ids)) or {}, since, emptied }
`,
);
