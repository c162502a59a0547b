import { authorizeLua } from "./authorize.ts";
import { script } from "./script.ts";

/**
 * Everything of an ingest request that needs shared state, in one atomic step: key, limit, duplicates, depth, enqueue
 * with the audit row. An id is marked as seen only in the step that enqueues it.
 *
 * KEYS  1 key record, 2 client record, 3 limit, 4 and 5 seen ids (even and odd windows), 6 queue stream, 7 stats,
 *       8 pending receipts, 9 events accepted by client
 * ARGV  1 client id, 2 scopes, 3 message head up to the audit row's open brace, 4 request id,
 *       5 received at (ms), 6 status and 7 code of a refusal found in the body ('' when there is none), 8 cost,
 *       9 dedup window (ms), 10 most events in the queue, 11 prefix of the presented key, for the audit of an unknown
 *       one, then for each valid item: id, digest of its content, its line of the message
 * Output {code, outcomes, quota, window s, remaining, reset s, extra}: code is 'ok' or a problem code; outcomes has a
 *       letter an item (a accepted, d duplicate, c conflict); extra is the wait in ms of 'rate-limited', events and
 *       drain rate of 'queue-full', the client's id of 'client'
 */
export const enqueueScript = script(
  "weirEnqueue",
  `${authorizeLua}
local STATUS = { ['rate-limited'] = 429, ['queue-full'] = 503, ['client-inactive'] = 403, ['insufficient-scope'] = 403 }
local FIRST = 12

-- Appends the audit row, with the new events if there are any.
local function append(status, lines)
  local duration = math.max(0, now_ms - tonumber(ARGV[5]))
  local head = ARGV[3] .. '"client_id":' .. (key.client_id and '"' .. key.client_id .. '"' or 'null')
    -- An imported key may begin with quotation marks or backslashes.
    .. ',"key_prefix":' .. (key.prefix and cjson.encode(key.prefix) or ARGV[11])
    .. ',"status":' .. status .. ',"duration_ms":' .. duration .. '}'
  if status == 202 then head = head .. ',"accepted":' .. #lines end
  table.insert(lines, 1, head .. '}')
  redis.call('XADD', KEYS[6], '*', 'n', #lines - 1, 'm', table.concat(lines, '\\n'))
end

local code = authorize()
if code == 'miss' then return { 'miss' } end
if code == 'client' then return { 'client', '', 0, 0, 0, 0, key.client_id } end
if code and not client.rate then
  append(401, {})
  return { code }
end

local weight = weigh(tonumber(ARGV[8]))
local tat = weight.before
local function finish(result, status, outcomes, extra)
  if status then append(status, {}) end
  local quota, window, left, reset = limit_of(weight, tat)
  return { result, outcomes or '', quota, window, left, reset, extra or '' }
end
local function charge()
  tat = weight.after
  redis.call('SET', KEYS[3], string.format('%.0f', tat), 'PX', math.max(1, math.ceil((tat - now_us) / 1000)))
end

if code then return finish(code, STATUS[code]) end
-- Has this very request been taken? When the connection breaks before the reply, ioredis sends the command again. A
-- second message of the same id would push the first one, and its events, out of the worker's batch.
local taken_before = redis.call('HEXISTS', KEYS[8], ARGV[4]) == 1
if not weight.fits and not taken_before then return finish('rate-limited', 429, '', weight.wait_ms) end
if ARGV[6] ~= '' then
  local reply = finish(ARGV[7], ARGV[6])
  charge()
  reply[5], reply[6] = select(3, limit_of(weight, tat))
  return reply
end

local items = (#ARGV - FIRST + 1) / 3
local window = tonumber(ARGV[9])
local generation = math.floor(now_ms / window)
local current, previous = KEYS[4 + generation % 2], KEYS[4 + (generation + 1) % 2]
local ids = {}
for i = 1, items do ids[i] = ARGV[FIRST + (i - 1) * 3] end
local seen_now = redis.call('HMGET', current, unpack(ids))
local seen_before = redis.call('HMGET', previous, unpack(ids))

local outcomes, lines, marks, mine, duplicates = {}, {}, {}, {}, 0
for i = 1, items do
  local id, digest = ids[i], ARGV[FIRST + (i - 1) * 3 + 1]
  local seen = mine[id] or seen_now[i] or seen_before[i]
  if not seen then
    mine[id] = digest
    outcomes[i] = 'a'
    lines[#lines + 1] = ARGV[FIRST + (i - 1) * 3 + 2]
    marks[#marks + 1] = id
    marks[#marks + 1] = digest
  elseif seen == digest then
    outcomes[i] = 'd'
    duplicates = duplicates + 1
  else
    outcomes[i] = 'c'
  end
end

local new = #lines
if new == 0 and taken_before then return finish('ok', nil, table.concat(outcomes)) end
if new > 0 then
  local waiting = tonumber(redis.call('HGET', KEYS[7], 'events') or '0')
  if waiting + new > tonumber(ARGV[10]) then
    local rate = redis.call('HMGET', KEYS[7], 'rate', 'rate_at')
    return finish('queue-full', 503, '', waiting .. ' ' .. (rate[1] or '0') .. ' ' .. (rate[2] or '0') .. ' ' .. now_ms)
  end
end

local taken = new + duplicates > 0
append(taken and 202 or 422, lines)
charge()
if new > 0 then
  redis.call('HSET', current, unpack(marks))
  redis.call('PEXPIREAT', current, (generation + 2) * window)
  redis.call('HINCRBY', KEYS[7], 'events', new)
  redis.call('HINCRBY', KEYS[9], ARGV[1], new)
end
if taken then redis.call('HSET', KEYS[8], ARGV[4], ARGV[1] .. ' ' .. new .. ' ' .. ARGV[5]) end
return finish('ok', nil, table.concat(outcomes))
`,
);
