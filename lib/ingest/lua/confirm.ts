import { notesLua } from "../../pending/lua/notes.ts";
import { script } from "../../redis/script.ts";
import { markLua } from "./seen.ts";

/**
 * Second step of an ingest request whose events went to SQS: marks only the events that SQS took as seen, and corrects
 * the receipt's note to them. What the worker has already settled stays settled. Idempotent.
 *
 * KEYS  1 to 4 see `notesLua`, 5 seen ids (see `lookUpLua`)
 * ARGV  1 client id, 2 request id, 3 dedup window (ms), 4 received at (ms), 5 number of parts taken, 6 places of the events
 *       taken, then for each part: its number, events; then for each event taken, sorted by place: id and digest
 * Output 1
 */
export const confirmScript = script(
  "weirConfirm",
  `${notesLua(1)}
local seen_base, client_id, request_id, window = KEYS[5], ARGV[1], ARGV[2], tonumber(ARGV[3])
local received_at, part_count, places = ARGV[4], tonumber(ARGV[5]), ARGV[6]
local first = 7 + part_count * 2
if #ARGV >= first then
  local generation = math.floor(notes_now / window)
  local root, place, marks, position = seen_base .. generation, {}, {}, {}
  local top, new = tonumber(redis.call('HGET', root, 'top') or '0'), (#ARGV - first + 1) / 2
  for i = first, #ARGV do marks[i - first + 1] = ARGV[i] end
  for n = 1, new do position[n] = n end
  -- An id that another request has marked in the meantime keeps its first digest.
  ${markLua("HSETNX")}
end

local note = read_note(request_id)
-- This script ran before, and its reply was lost.
if note and note.state ~= 's' then return 1 end
local settled = note and note.parts or ''
local waiting, open = 0, ''
for i = 7, first - 1, 2 do
  if not find_part(settled, ARGV[i]) then
    waiting = waiting + tonumber(ARGV[i + 1])
    open = open .. part_text(ARGV[i], ARGV[i + 1])
  end
end
local waited = note and note.events - sum_parts(settled) or 0
add_waiting(client_id, waiting - waited)
add(STATS, 'events', waiting - waited)
if open == '' then remove_note(request_id)
-- Without a note, Redis lost it in between; or all was settled and this is a late repetition, which the next look finds.
elseif note or waiting > 0 then open_note(request_id, client_id, waiting + sum_parts(settled), received_at, 'o', open) end
return 1
`,
);
