import { noteLua, notePartsLua } from "../note.ts";

/** Added to the time of a note whose parts are all dead: it sorts after those that wait, and has no age. */
export const DEAD_SCORE = 1e15;

/**
 * Lua functions on receipts' notes: which parts of a request wait, as far as Redis knows. docs/decisions/0023 describes the
 * states and what each step counts. Every change of a note and of its counts is one atomic step, so that they also agree
 * after Redis came back with older data.
 *
 * `Note` describes a note's format.
 *
 * KEYS, from `first` on: pending receipts (hash), open (sorted set: receipt id by the time of its note, ms), waiting events
 * by client (hash), stats
 */
export const notesLua = (first: number): string => `${noteLua}${notePartsLua}
local NOTES, OPEN, WAITING, STATS = KEYS[${first}], KEYS[${first + 1}], KEYS[${first + 2}], KEYS[${first + 3}]
local notes_time = redis.call('TIME')
local notes_now = notes_time[1] * 1000 + math.floor(notes_time[2] / 1000)
local DEAD = ${DEAD_SCORE.toFixed(0)}

-- Numbers go to Redis as digits; it does not accept Lua's -0 as an integer.
local function add(key, field, by)
  if by ~= 0 then return redis.call('HINCRBY', key, field, string.format('%d', by)) end
end

local function add_waiting(client, by)
  if client == '*' then return end
  local now = add(WAITING, client, by)
  if now and now <= 0 then redis.call('HDEL', WAITING, client) end
end

local function text_note(text)
  local client, events, at, state, parts, outcomes = parse_note(text)
  if not client then return { old = true } end
  return { client = client, events = tonumber(events), at = at, state = state, parts = parts, outcomes = outcomes }
end

local function read_note(id)
  local text = redis.call('HGET', NOTES, id)
  return text and text_note(text) or nil
end

local function write_note(id, note)
  local events = string.format('%d', note.events)
  redis.call('HSET', NOTES, id, note_text(note.client, events, note.at, note.state, note.parts, note.outcomes))
end

local function remove_notes(ids)
  redis.call('HDEL', NOTES, unpack(ids))
  redis.call('ZREM', OPEN, unpack(ids))
  -- If no note is open, nothing waits, even if the count is off.
  if redis.call('EXISTS', OPEN) == 0 then redis.call('DEL', WAITING) end
end

local function remove_note(id)
  remove_notes({ id })
end

-- @param since time from which it waits (ms)
local function open_note(id, client, events, at, state, parts, since)
  write_note(id, { client = client, events = events, at = at, state = state, parts = parts, outcomes = '' })
  redis.call('ZADD', OPEN, 'NX', since or notes_now, id)
end

-- Removes a settled part from a note, but writes nothing.
-- @return its events, or nil if it is already settled; whether it was live. A note left without parts must be removed.
local function settle_part(note, part, events)
  if note.state == 's' then
    if find_part(note.parts, part) then return nil end
    events = math.min(events, note.events - sum_parts(note.parts))
    note.parts = note.parts .. part_text(part, string.format('%d', events))
    return events, true
  end
  local before, open, mark, after = find_part(note.parts, part)
  if not before then return nil end
  note.parts = before .. after
  return open, mark == ''
end
`;
