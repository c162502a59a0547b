import { script } from "../../redis/script.ts";
import { notesLua } from "./notes.ts";

/**
 * Removes notes with the events that they count as waiting.
 *
 * KEYS  see `notesLua`
 * ARGV  1 'sqs', whose depth the notes count, or 'redis', then the notes' ids
 * Output 1
 */
export const dropNotesScript = script(
  "weirDropNotes",
  `${notesLua(1)}
local queue = ARGV[1]
for i = 2, #ARGV do
  local note = read_note(ARGV[i])
  if note and not note.old then
    local parts = sum_parts(note.parts)
    local waiting = note.state == 's' and note.events - parts or parts
    local live = note.state == 's' and waiting or sum_parts((string.gsub(note.parts, '%d+:%d+x,', '')))
    add_waiting(note.client, -waiting)
    if queue == 'sqs' then add(STATS, 'events', -live) end
  end
  remove_note(ARGV[i])
end
return 1
`,
);
