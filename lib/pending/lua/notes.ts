/** Added to the time of a note all of whose parts are dead: it comes after those that wait, and has no age. */
export const DEAD_SCORE = 1e15;

/**
 * Lua functions on receipts' notes: what of a request waits, as far as Redis knows. The states and what each step counts are
 * described in docs/decisions/0023. Every change of a note and of the counts it carries is one atomic step, so that they
 * agree also after Redis came back with older data.
 *
 * A note is "client events received_at state parts outcomes". State `s`: being sent, and `parts` are those settled already; `o`:
 * `parts` are those that wait, "0:500,1:300x,", of which the worker gave up those with an x. `outcomes` has the letters
 * that were answered, where not all events were accepted, and is kept with Redis Streams only. The client is `*` for a
 * message that belongs to no receipt.
 *
 * KEYS, from `first` on: pending receipts (hash), open (sorted set: receipt id by the time of its note, ms), events waiting by
 * client (hash), stats
 */
export const notesLua = (first: number): string => `
local NOTES, OPEN, WAITING, STATS = KEYS[${first}], KEYS[${first + 1}], KEYS[${first + 2}], KEYS[${first + 3}]
local notes_time = redis.call('TIME')
local notes_now = notes_time[1] * 1000 + math.floor(notes_time[2] / 1000)
local DEAD = ${DEAD_SCORE.toFixed(0)}

-- Numbers go to Redis as digits; Lua's -0 is no integer to it.
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
  -- One that an earlier version wrote, which did not count it.
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
  -- Where nothing is open nothing waits, whatever the count has missed.
  if redis.call('EXISTS', OPEN) == 0 then redis.call('DEL', WAITING) end
end

local function sum_parts(parts)
  local sum = 0
  for events in string.gmatch(parts, ':(%d+)') do sum = sum + tonumber(events) end
  return sum
end

-- @return what comes before the part, its events, 'x' if it is dead, and what comes after it; nil if it is not listed
local function find_part(parts, part)
  local name = ',' .. part .. ':'
  local from = string.find(',' .. parts, name, 1, true)
  if not from then return nil end
  local rest = string.sub(parts, from)
  local events, mark, after = string.match(rest, '^%d+:(%d+)(x?),(.*)$')
  return string.sub(parts, 1, from - 1), tonumber(events), mark, after
end

-- @param since when it began to wait (ms)
local function open_note(id, client, events, at, state, parts, since)
  write_note(id, { client = client, events = events, at = at, state = state, parts = parts, outcomes = '' })
  redis.call('ZADD', OPEN, 'NX', since or notes_now, id)
end

-- Takes a settled part out of a note. @return its events if that had not been done, else nil; whether it was live
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
