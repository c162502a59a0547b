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
 * Each command is given all parts at once: with one part per request, a command for each took three times as long.
 *
 * KEYS  1 to 4 see `notesLua`, 5 and 6 outcomes of recently settled requests (even and odd generations)
 * ARGV  1 'sqs', whose depth the notes count, or 'redis', whose outcomes are kept for repeated commands; then groups of
 *       parts that have the number and the events in common: part, events, number of receipts, their ids
 * Output number of events that no longer wait
 */
export const settleScript = script(
  "weirSettle",
  `${rateLua}${notesLua(1)}
local sqs = ARGV[1] == 'sqs'
local DECIDED_EVEN, DECIDED_ODD = KEYS[5], KEYS[6]
local ids, parts = {}, {}
local at = 2
while at <= #ARGV do
  local last = at + 2 + ARGV[at + 2]
  for i = at + 3, last do
    ids[#ids + 1] = ARGV[i]
    parts[#parts + 1] = at
  end
  at = last + 1
end

local texts = redis.call('HMGET', NOTES, unpack(ids))
local noted_at = not sqs and redis.call('ZMSCORE', OPEN, unpack(ids))
-- Notes by id, since two parts may belong to one request.
local notes, changed, removed, waiting, decided = {}, {}, {}, {}, {}
local settled, live_events = 0, 0
for i = 1, #ids do
  local id = ids[i]
  local note = notes[id]
  if not note and texts[i] then
    note = text_note(texts[i])
    notes[id] = note
    if note.old then removed[#removed + 1] = id end
  end
  if note and not note.old and not note.removed then
    local events, live = settle_part(note, ARGV[parts[i]], tonumber(ARGV[parts[i] + 1]))
    if events then
      settled = settled + events
      if live then live_events = live_events + events end
      waiting[note.client] = (waiting[note.client] or 0) + events
      if note.parts == '' then
        note.removed = true
        removed[#removed + 1] = id
      else
        changed[id] = note
      end
    end
    if noted_at and notes_now - tonumber(noted_at[i] or '0') < ${DECIDED_MS} then
      decided[#decided + 1] = id
      decided[#decided + 1] = note.outcomes
    end
  end
end

for id, note in pairs(changed) do
  if not note.removed then write_note(id, note) end
end
for client, events in pairs(waiting) do add_waiting(client, -events) end
if #removed > 0 then remove_notes(removed) end
if sqs then
  add(STATS, 'events', -live_events)
  if redis.call('EXISTS', OPEN) == 0 then redis.call('HSET', STATS, 'events', 0) end
  if settled > 0 then add_rate(STATS, notes_now, settled) end
end
if #decided > 0 then
  local key = math.floor(notes_now / ${DECIDED_MS}) % 2 == 0 and DECIDED_EVEN or DECIDED_ODD
  redis.call('HSET', key, unpack(decided))
  redis.call('PEXPIRE', key, ${2 * DECIDED_MS})
end
return settled
`,
);
