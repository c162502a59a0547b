import { authorizeLua, limitLua, limitReplyLua } from "../../auth/lua/authorize.ts";
import { noteLua } from "../../pending/note.ts";
import { lookUpLua } from "./seen.ts";

/** Pieces of Lua in which the two ways into the queue differ. */
interface Way {
  /** Names for the script's own KEYS and ARGV. */
  locals: string;
  /** Position of the first item in ARGV, and the number of values per item. */
  first: number;
  width: number;
  /**
   * Body of `record(status, lines, answer)`: writes the audit row with the lines of any new events, and returns true;
   * false if the code that builds the response must write the row. `answer` has the response's code, left (of the limit),
   * new, duplicates and conflicts.
   */
  record: string;
  /** Continues with an accepted request of `new` events. `marks` holds their ids and digests, see `markLua`. */
  keep: string;
  /** Expression for how many events of an accepted request may wait. */
  waits: string;
  /** The receipt's note: its state, and expressions for its parts and outcomes, see `Note`. */
  note: { state: "s" | "o"; parts: string; outcomes: string };
  /** Expression for what is kept of this request if it was accepted before and has been settled; else false. */
  settledBefore: string;
  /**
   * Block that answers a request that was accepted before; `taken_before` is its note or the result of `settledBefore`.
   * If the block does not return, the script returns the outcomes of this run.
   */
  again: string;
}

/**
 * What both ways into the queue share, in one atomic step: key, limit, duplicates, depth.
 *
 * KEYS  1 key record, 2 client record, 3 limit, 4 seen ids (prefix of their hashes' names), 5 stats, 6 pending receipts,
 *       7 open receipts, 8 events waiting by client; the others are the script's own
 * ARGV  1 client id, 2 scopes, 3 request id, 4 received at (ms), 5 status and 6 code of an error in the body ('' if it is
 *       valid), 7 cost, 8 dedup window (ms), 9 maximum events and 10 maximum bytes in the queue,
 *       11 places of the valid items, which are sorted by them (see `lookUpLua`), then the script's own, and from `first` on
 *       for each valid item `width` values: id, digest of its content, the script's own
 * Output {code, outcomes, quota, window s, remaining, reset s, extra, client id, key prefix, audited}: code is 'ok' or a
 *       problem code; outcomes has a letter per item (a accepted, d duplicate, c conflict); the limit's four are false for
 *       an unknown client; extra is the wait in ms of 'rate-limited', events and drain rate of 'queue-full';
 *       client id and key prefix are '' if unknown; audited is 1 if the audit row is queued
 */
export const admissionLua = ({
  locals,
  first,
  width,
  record,
  keep,
  waits,
  note,
  settledBefore,
  again,
}: Way): string => `${authorizeLua}${noteLua}
local base, stats_key, receipts, open_receipts, waiting_events = KEYS[4], KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local request_id, received_at, body_status, body_code = ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local cost, window = tonumber(ARGV[7]), tonumber(ARGV[8])
local most_events, most_bytes, places = tonumber(ARGV[9]), tonumber(ARGV[10]), ARGV[11]
${locals}
if code == 'miss' then return { 'miss' } end
if code == 'client' then return { 'client', '', false, false, false, false, '', owner } end
local function record(status, lines, answer)
  ${record}
end
if code and not rate then
  local audited = record(401, {}, { code = code }) and 1 or 0
  return { code, '', false, false, false, false, '', owner or '', prefix or '', audited }
end

${limitLua}
local audited = false
local function finish(result, status, outcomes, extra)
  local quota, span, left, reset = ${limitReplyLua}
  if status then audited = record(status, {}, { code = result, left = left }) end
  return { result, outcomes or '', quota, span, left, reset, extra or '', owner, prefix, audited and 1 or 0 }
end

if code then return finish(code, 403) end
local charged = tat + cost * interval
-- Set if this request was accepted before: if the connection breaks before the reply, ioredis sends the command again. A
-- second message with the same id would displace the first one, and its events, from the worker's batch.
local taken_before = redis.call('HGET', receipts, request_id)
-- A request that costs more than the burst would never pass.
if cost > burst and not taken_before then return finish('payload-too-large', 413) end
-- One microsecond of tolerance: doubles of this size are a quarter of a microsecond apart.
local over_us = charged - now_us - tolerance
if over_us > 1 and not taken_before then
  taken_before = ${settledBefore}
  if not taken_before then return finish('rate-limited', 429, '', math.ceil(over_us / 1000)) end
end
-- Numbers go to Redis as digits: it formats a Lua number as a double, which takes longer than the command.
local charged_text = string.format('%.0f', charged)
local charged_ms = string.format('%d', math.max(1, math.ceil((charged - now_us) / 1000)))
if body_status ~= '' then
  local reply = finish(body_code, body_status)
  redis.call('SET', limit_key, charged_text, 'PX', charged_ms)
  tat = charged
  reply[3], reply[4], reply[5], reply[6] = ${limitReplyLua}
  return reply
end

local items = (#ARGV - ${first - 1}) / ${width}
local ids = {}
for i = 1, items do ids[i] = ARGV[${first - width} + i * ${width}] end
${lookUpLua}

local outcomes, lines, mine, marks, position, new, duplicates, conflicts = {}, {}, {}, {}, {}, 0, 0, 0
for i = 1, items do
  local id, digest = ids[i], ARGV[${first - width + 1} + i * ${width}]
  local known = mine[id] or seen[i]
  if not known then
    mine[id] = digest
    outcomes[i] = 'a'
    new = new + 1
    lines[new] = ARGV[${first - 1} + i * ${width}]
    marks[new * 2 - 1] = id
    marks[new * 2] = digest
    position[new] = i
  elseif known == digest then
    outcomes[i] = 'd'
    duplicates = duplicates + 1
  else
    outcomes[i] = 'c'
    conflicts = conflicts + 1
  end
end

if duplicates > 0 and not taken_before then taken_before = ${settledBefore} end
if taken_before then
  ${again}
end
if new > 0 then
  local stats = redis.call('HMGET', stats_key, 'events', 'bytes')
  local waiting = tonumber(stats[1] or '0')
  if waiting + new > most_events or tonumber(stats[2] or '0') >= most_bytes then
    local drained = redis.call('HMGET', stats_key, 'rate', 'rate_at')
    return finish('queue-full', 503, '', waiting .. ' ' .. (drained[1] or '0') .. ' ' .. (drained[2] or '0') .. ' ' .. now_ms)
  end
end

local answer = { code = 'ok', new = new, duplicates = duplicates, conflicts = conflicts }
audited = record(202, lines, answer)
redis.call('SET', limit_key, charged_text, 'PX', charged_ms)
tat = charged
local waits = ${waits}
local events = string.format('%d', waits)
${keep}
if waits > 0 then
  redis.call('HINCRBY', stats_key, 'events', events)
  redis.call('HINCRBY', waiting_events, client_id, events)
end
local note = note_text(client_id, events, received_at, '${note.state}', ${note.parts}, ${note.outcomes})
redis.call('HSET', receipts, request_id, note)
redis.call('ZADD', open_receipts, string.format('%.0f', now_ms), request_id)
return finish('ok', nil, table.concat(outcomes))
`;
