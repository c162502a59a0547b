import { script } from "../../redis/script.ts";
import { rateLua } from "./drain-rate.ts";
import { notesLua } from "./notes.ts";

/**
 * Minimum time for which a settled request's outcomes are kept. If a connection breaks before the reply, ioredis sends the
 * command again within its time-out of 1.5 s; a fast worker may have settled the request by then.
 */
export const DECIDED_MS = 5_000;

/**
 * Removes settled parts from their receipts' notes. Idempotent.
 *
 * KEYS  1 to 4 see `notesLua`, 5 and 6 outcomes of recently settled requests (even and odd generations)
 * ARGV  1 'sqs', whose depth the notes count, or 'redis', whose outcomes are kept for repeated commands; then for each
 *       part: receipt id, part, events
 * Output number of events that no longer wait
 */
export const settleScript = script(
  "weirSettle",
  `${rateLua}${notesLua(1)}
local queue = ARGV[1]
local sqs = queue == 'sqs'
local settled, live_events, decided = 0, 0, {}
for i = 2, #ARGV, 3 do
  local id, part = ARGV[i], ARGV[i + 1]
  local note = read_note(id)
  if note and note.old then redis.call('HDEL', NOTES, id)
  elseif note then
    local noted_at = not sqs and tonumber(redis.call('ZSCORE', OPEN, id) or '0')
    local events, live = settle_part(id, note, part, tonumber(ARGV[i + 2]))
    settled = settled + (events or 0)
    if live then live_events = live_events + events end
    if noted_at and notes_now - noted_at < ${DECIDED_MS} then
      decided[#decided + 1] = id
      decided[#decided + 1] = note.outcomes
    end
  end
end
if sqs then
  add(STATS, 'events', -live_events)
  if redis.call('EXISTS', OPEN) == 0 then redis.call('HSET', STATS, 'events', 0) end
  if settled > 0 then add_rate(STATS, notes_now, settled) end
end
if #decided > 0 then
  local key = KEYS[5 + math.floor(notes_now / ${DECIDED_MS}) % 2]
  redis.call('HSET', key, unpack(decided))
  redis.call('PEXPIRE', key, ${2 * DECIDED_MS})
end
return settled
`,
);
