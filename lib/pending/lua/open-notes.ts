import { script } from "../../redis/script.ts";
import { notesLua } from "./notes.ts";

/**
 * Counts messages in SQS that no admission has counted: from a quarantine redrive, or found in SQS after Redis lost notes.
 *
 * KEYS  see `notesLua`
 * ARGV  for each part: id (the receipt's, or the message's if it belongs to no receipt), part, events, client id ('*' if it
 *       belongs to no receipt), received at (ms), time since which it waits (ms) or '' for now
 * Output number of parts that were unknown
 */
export const openNotesScript = script(
  "weirOpenNotes",
  `${notesLua(1)}
local opened = 0
for i = 1, #ARGV, 6 do
  local id, part, events, client = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3]
  local note = read_note(id)
  local before, listed, mark, after
  if note and note.state == 'o' then before, listed, mark, after = find_part(note.parts, part) end
  if not note then
    open_note(id, client, events, ARGV[i + 4], 'o', part_text(part, ARGV[i + 2]), ARGV[i + 5] ~= '' and ARGV[i + 5])
    opened = opened + 1
    add_waiting(client, events)
    add(STATS, 'events', events)
  elseif note.state == 'o' and not before then
    -- Another part of the request was found before this one. If this part is settled, the next look finds that.
    note.parts = note.parts .. part_text(part, ARGV[i + 2])
    note.events = note.events + events
    write_note(id, note)
    opened = opened + 1
    add_waiting(client, events)
    add(STATS, 'events', events)
  elseif mark == 'x' then
    note.parts = before .. part_text(part, string.format('%d', listed)) .. after
    write_note(id, note)
    redis.call('ZADD', OPEN, notes_now, id)
    add(STATS, 'events', listed)
  end
end
return opened
`,
);
