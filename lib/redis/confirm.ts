import { notesLua } from "./notes.ts";
import { script } from "./script.ts";

/**
 * Second step of an ingest request whose events went to SQS: marks as seen what SQS took, and only that, and corrects the
 * receipt's note to it. What the worker has settled already stays settled. Saying the same again changes nothing.
 *
 * KEYS  1 to 4 see `notesLua`, 5 and 6 seen ids (even and odd windows)
 * ARGV  1 client id, 2 request id, 3 dedup window (ms), 4 received at (ms), 5 number of parts that were taken, then for each
 *       of them: part, events; then for each event taken: its id and digest
 * Output 1
 */
export const confirmScript = script(
  "weirConfirm",
  `${notesLua(1)}
local first = 6 + tonumber(ARGV[5]) * 2
if #ARGV >= first then
  local window = tonumber(ARGV[3])
  local generation = math.floor(notes_now / window)
  local current = KEYS[5 + generation % 2]
  -- One that another request has marked in the meantime keeps its first digest.
  for i = first, #ARGV, 2 do redis.call('HSETNX', current, ARGV[i], ARGV[i + 1]) end
  redis.call('PEXPIREAT', current, (generation + 2) * window)
end

local note = read_note(ARGV[2])
-- This very script ran before, and its reply was lost.
if note and note.state ~= 's' then return 1 end
local settled = note and note.parts or ''
local waiting, open = 0, ''
for i = 6, first - 1, 2 do
  if not find_part(settled, ARGV[i]) then
    waiting = waiting + tonumber(ARGV[i + 1])
    open = open .. ARGV[i] .. ':' .. ARGV[i + 1] .. ','
  end
end
local waited = note and note.events - sum_parts(settled) or 0
add_waiting(ARGV[1], waiting - waited)
add(STATS, 'events', waiting - waited)
if open == '' then remove_note(ARGV[2])
-- Without a note Redis lost it in between; or all was settled and this is a late repetition, which the next look finds.
elseif note or waiting > 0 then open_note(ARGV[2], ARGV[1], waiting + sum_parts(settled), ARGV[4], 'o', open) end
return 1
`,
);
