import { authorizeLua } from "./authorize.ts";

/**
 * What both ways into the queue do about a request, in one atomic step: key, limit, duplicates, depth. They differ in
 * what they do with an outcome, which is two functions that stand between `admissionStart` and `admissionEnd`:
 *
 *   record(status, lines, answer)  writes the lines of the new events, if there are any, with the audit row, and returns
 *                 true; false where the row is to be written by whoever builds the answer. Of that, `answer` has code,
 *                 left (of the limit), new, duplicates and conflicts
 *   keep(new)     notes the request as taken; `marks` holds ids and digests of its new events, flat
 *
 * KEYS  1 key record, 2 client record, 3 limit, 4 and 5 seen ids (even and odd windows), 6 stats, 7 pending receipts;
 *       the others are the script's own
 * ARGV  1 client id, 2 scopes, 3 request id, 4 received at (ms), 5 status and 6 code of a refusal found in the body
 *       ('' when there is none), 7 cost, 8 dedup window (ms), 9 most events in the queue, then the script's own, and
 *       from `FIRST` on for each valid item `WIDTH` words: id, digest of its content, the script's own
 * Output {code, outcomes, quota, window s, remaining, reset s, extra, client id, key prefix, audited}: code is 'ok' or a problem
 *       code; outcomes has a letter an item (a accepted, d duplicate, c conflict); the limit's four are false for a
 *       client that is not known; extra is the wait in ms of 'rate-limited', events and drain rate of 'queue-full';
 *       client id and key prefix are '' where they are not known; audited is 1 where the audit row is on its way
 */
export const admissionStart = (first: number, width: number): string => `${authorizeLua}
local STATUS = { ['rate-limited'] = 429, ['queue-full'] = 503, ['client-inactive'] = 403, ['insufficient-scope'] = 403 }
local FIRST, WIDTH = ${first}, ${width}
local items = (#ARGV - FIRST + 1) / WIDTH
local window = tonumber(ARGV[8])
local generation = math.floor(now_ms / window)
local current, previous = KEYS[4 + generation % 2], KEYS[4 + (generation + 1) % 2]
local marks = {}

-- Ids are marked as seen in the step in which the queue takes their events.
local function mark()
  redis.call('HSET', current, unpack(marks))
  redis.call('PEXPIREAT', current, (generation + 2) * window)
end
`;

export const admissionEnd = `
local code = authorize()
if code == 'miss' then return { 'miss' } end
if code == 'client' then return { 'client', '', false, false, false, false, '', key.client_id } end
if code and not client.rate then
  local audited = record(401, {}, { code = code }) and 1 or 0
  return { code, '', false, false, false, false, '', key.client_id or '', key.prefix or '', audited }
end

local weight = weigh(tonumber(ARGV[7]))
local tat = weight.before
local audited = false
local function finish(result, status, outcomes, extra)
  local quota, span, left, reset = limit_of(weight, tat)
  if status then audited = record(status, {}, { code = result, left = left }) end
  return { result, outcomes or '', quota, span, left, reset, extra or '', key.client_id, key.prefix, audited and 1 or 0 }
end
local function charge()
  tat = weight.after
  redis.call('SET', KEYS[3], string.format('%.0f', tat), 'PX', math.max(1, math.ceil((tat - now_us) / 1000)))
end

if code then return finish(code, STATUS[code]) end
-- Has this very request been taken? When the connection breaks before the reply, ioredis sends the command again. A
-- second message of the same id would push the first one, and its events, out of the worker's batch.
local taken_before = redis.call('HEXISTS', KEYS[7], ARGV[3]) == 1
if not weight.fits and not taken_before then return finish('rate-limited', 429, '', weight.wait_ms) end
if ARGV[5] ~= '' then
  local reply = finish(ARGV[6], ARGV[5])
  charge()
  reply[5], reply[6] = select(3, limit_of(weight, tat))
  return reply
end

local ids = {}
for i = 1, items do ids[i] = ARGV[FIRST + (i - 1) * WIDTH] end
local seen_now = redis.call('HMGET', current, unpack(ids))
local seen_before = redis.call('HMGET', previous, unpack(ids))

local outcomes, lines, mine, new, duplicates, conflicts = {}, {}, {}, 0, 0, 0
for i = 1, items do
  local id, digest = ids[i], ARGV[FIRST + (i - 1) * WIDTH + 1]
  local seen = mine[id] or seen_now[i] or seen_before[i]
  if not seen then
    mine[id] = digest
    outcomes[i] = 'a'
    new = new + 1
    lines[new] = ARGV[FIRST + (i - 1) * WIDTH + WIDTH - 1]
    marks[#marks + 1] = id
    marks[#marks + 1] = digest
  elseif seen == digest then
    outcomes[i] = 'd'
    duplicates = duplicates + 1
  else
    outcomes[i] = 'c'
    conflicts = conflicts + 1
  end
end

if taken_before and (new == 0 or WIDTH == 2) then
  audited = conflicts == 0
  return finish('ok', nil, table.concat(outcomes))
end
if new > 0 then
  local waiting = tonumber(redis.call('HGET', KEYS[6], 'events') or '0')
  if waiting + new > tonumber(ARGV[9]) then
    local rate = redis.call('HMGET', KEYS[6], 'rate', 'rate_at')
    return finish('queue-full', 503, '', waiting .. ' ' .. (rate[1] or '0') .. ' ' .. (rate[2] or '0') .. ' ' .. now_ms)
  end
end

local taken = new + duplicates > 0
local answer = { code = 'ok', new = new, duplicates = duplicates, conflicts = conflicts }
audited = record(taken and 202 or 422, lines, answer)
charge()
if taken then keep(new) end
return finish('ok', nil, table.concat(outcomes))
`;
