import { script } from "../../redis/script.ts";
import { notesLua } from "./notes.ts";

/**
 * Marks parts as dead whose messages became dead letters: they stay pending, but no longer count towards the depth and
 * have no age. A message that belongs to no receipt loses its note.
 *
 * KEYS  see `notesLua`
 * ARGV  1 'sqs', whose depth the notes count, or 'redis', then for each part: id, part
 * Output 1
 */
export const giveUpScript = script(
  "weirGiveUp",
  `${notesLua(1)}
local queue = ARGV[1]
for i = 2, #ARGV, 2 do
  local id, note = ARGV[i], read_note(ARGV[i])
  if note and note.state == 'o' then
    local before, events, mark, after = find_part(note.parts, ARGV[i + 1])
    if mark == '' then
      if queue == 'sqs' then add(STATS, 'events', -events) end
      note.parts = before .. part_text(ARGV[i + 1], string.format('%d', events), 'x') .. after
      if note.client == '*' then remove_note(id)
      else
        write_note(id, note)
        if not string.find(note.parts, '%d,') then redis.call('ZINCRBY', OPEN, DEAD, id) end
      end
    end
  end
end
return 1
`,
);
