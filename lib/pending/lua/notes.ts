/** Added to the time of a note whose parts are all dead: it sorts after those that wait, and has no age. */
export const DEAD_SCORE = 1e15;

/**
 * Lua functions on receipts' notes: which parts of a request wait, as far as Redis knows. docs/decisions/0023 describes the
 * states and what each step counts. Every change of a note and of its counts is one atomic step, so that they also agree
 * after Redis came back with older data.
 *
 * A note is "client events received_at state parts outcomes". State `s`: being sent, and `parts` are the settled ones; `o`:
 * `parts` are those that wait, "0:500,1:300x,"; the worker gave up those with an x. `outcomes` has the letters of the
 * response if not all events were accepted, with Redis Streams only. The client is `*` for a message that belongs to no
 * receipt.
 *
 * KEYS, from `first` on: pending receipts (hash), open (sorted set: receipt id by the time of its note, ms), waiting events
 * by client (hash), stats
 */
export const notesLua = (first: number): string => `
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

local function read_note(id)
  local text = redis.call('HGET', NOTES, id)
  if not text then return nil end
  local client, events, at, state, parts, outcomes = string.match(text, '^(%S+) (%d+) (%d+) (%a) (%S*) ?(%S*)$')
  -- A note that an earlier version wrote and did not count.
  if not client then return { old = true } end
  return { client = client, events = tonumber(events), at = at, state = state, parts = parts, outcomes = outcomes }
end

local function write_note(id, note)
  redis.call('HSET', NOTES, id, note.client .. ' ' .. string.format('%d', note.events) .. ' ' .. note.at .. ' '
    .. note.state .. ' ' .. note.parts .. (note.outcomes ~= '' and ' ' .. note.outcomes or ''))
end

local function remove_note(id)
  redis.call('HDEL', NOTES, id)
  redis.call('ZREM', OPEN, id)
  -- If no note is open, nothing waits, even if the count is off.
  if redis.call('EXISTS', OPEN) == 0 then redis.call('DEL', WAITING) end
end

local function sum_parts(parts)
  local sum = 0
  for events in string.gmatch(parts, ':(%d+)') do sum = sum + tonumber(events) end
  return sum
end

-- @return the parts before it, its events, 'x' if it is dead, and the parts after it; nil if it is not listed
local function find_part(parts, part)
  local name = ',' .. part .. ':'
  local from = string.find(',' .. parts, name, 1, true)
  if not from then return nil end
  local rest = string.sub(parts, from)
  local events, mark, after = string.match(rest, '^%d+:(%d+)(x?),(.*)$')
  return string.sub(parts, 1, from - 1), tonumber(events), mark, after
end

-- @param since time from which it waits (ms)
local function open_note(id, client, events, at, state, parts, since)
  write_note(id, { client = client, events = events, at = at, state = state, parts = parts, outcomes = '' })
  redis.call('ZADD', OPEN, 'NX', since or notes_now, id)
end

-- Removes a settled part from a note. @return its events, or nil if it is already settled; whether it was live
local function settle_part(id, note, part, events)
  if note.state == 's' then
    if find_part(note.parts, part) then return nil end
    events = math.min(events, note.events - sum_parts(note.parts))
    note.parts = note.parts .. part .. ':' .. string.format('%d', events) .. ','
    write_note(id, note)
    add_waiting(note.client, -events)
    return events, true
  end
  local before, open, mark, after = find_part(note.parts, part)
  if not before then return nil end
  note.parts = before .. after
  if note.parts == '' then remove_note(id) else write_note(id, note) end
  add_waiting(note.client, -open)
  return open, mark == ''
end
`;
