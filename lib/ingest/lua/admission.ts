import { authorizeLua, clockLua, limitLua, limitReplyLua } from "../../auth/lua/authorize.ts";
import { noteLua } from "../../pending/note.ts";
import { lookUpLua } from "./seen.ts";

/** Values in ARGV before the first request's id. */
const SHARED = 6;
/** Values of a caller before its first request. */
const CALLER = 5;
/** Values of a request before the way's own. */
const REQUEST = 5;

/** Pieces of Lua in which the two ways into the queue differ. */
interface Way {
  /** Names for the way's own KEYS, and how many KEYS are shared by all callers. */
  keys: string;
  keyCount: number;
  /** Names for a request's own values, in ARGV from `own` + 1 on, and their number. */
  words: string;
  wordCount: number;
  /** Number of values per item. */
  width: number;
  /**
   * Writes the audit row, with the lines of `events` new events; sets `audited` if the row is complete. If not, the code that
   * builds the response must write it. `status` is the response's, as text.
   */
  record: string;
  /** Continues with an accepted request of `new` events, whose ids and digests are at the end of `marks`. */
  keep: string;
  /** Ends a caller's requests. */
  mark: string;
  /** Expression for how many events of an accepted request may wait. */
  waits: string;
  /** The receipt's note: its state, and expressions for its parts and outcomes, see `Note`. */
  note: { state: "s" | "o"; parts: string; outcomes: string };
  /** Expression for what is kept of this request if it was accepted before and has been settled; else false. */
  settledBefore: string;
  /** Sets `letters` and `audited` of a request that was accepted before; `taken_before` is its note or `settledBefore`. */
  again: string;
}

/**
 * What both ways into the queue share, in one atomic step: key, limit, duplicates, depth. A call may have several requests.
 * Each has its own verdict, the one that it would have if they came one after the other, in order of callers. What they
 * share is read and written once: the clock, the records of a key and its client, the limit, the counts, the notes.
 *
 * If a command fails, all of its caller's requests in the call fail, and no others. What was queued until then has its note
 * and is counted. Without memory, or on a replica, the first write of each caller fails, and nothing is written.
 *
 * KEYS  1 stats, 2 pending receipts, 3 open receipts, 4 events waiting by client, then the way's own, then for each caller:
 *       key record, client record, limit, seen ids (prefix of their hashes' names)
 * ARGV  1 scopes, 2 dedup window (ms), 3 maximum events and 4 maximum bytes in the queue, 5 number of callers,
 *       6 number of requests, then the requests' ids, in order of callers; then for each caller: number of its values,
 *       with this one, number of its requests, client id, prefix of the presented key as JSON, places of the valid items of
 *       all its requests (see `lookUpLua`); then for each of its requests: received at (ms), status and code of an error in
 *       the body ('' if it is valid), cost, number of valid items, the way's own values, and for each item: id, digest of its
 *       content, the way's own. A request's items are sorted by place.
 * Output for each request `code`, or these separated by tabs: code, 1 if the audit row is queued else 0, client id, the limit's
 *       quota, window s, remaining, reset s (all four empty for an unknown client), letters, extra, key prefix. Code is
 *       'ok', a problem code, 'miss' or 'client' (the key belongs to another client, whose id follows), or 'error' with its
 *       text in place of all others. Letters has one per item (a accepted, d duplicate, c conflict); extra is the wait in
 *       ms of 'rate-limited', events and drain rate of 'queue-full'; client id and key prefix are empty if unknown.
 */
export const admissionLua = ({
  keys,
  keyCount,
  words,
  wordCount,
  width,
  record,
  keep,
  mark,
  waits,
  note,
  settledBefore,
  again,
}: Way): string => `
-- Lua finds locals faster than globals.
local redis, KEYS, ARGV, tonumber = redis, KEYS, ARGV, tonumber
${noteLua}
local stats_key, receipts, open_receipts, waiting_events = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
${keys}
local wanted_scopes, window, most_events, most_bytes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local callers, all_requests = tonumber(ARGV[5]), tonumber(ARGV[6])
${clockLua}
-- The notes of requests that were accepted before: if the connection breaks before the reply, ioredis sends the command
-- again. A second message with the same id would displace the first one, and its events, from the worker's batch.
local taken = redis.call('HMGET', receipts, unpack(ARGV, ${SHARED + 1}, ${SHARED} + all_requests))
local number, replies, notes, opened = 0, {}, {}, {}
-- Read when first needed.
local stats
local added_events, added_bytes = 0, 0
-- Numbers become text as integers: Lua and Redis format a number as a double, which takes longer than many a command.
local format = string.format
local now_text = format('%d', now_ms)

local function admit(key_at, at)
  local key_record, client_record, limit_key, base = KEYS[key_at + 1], KEYS[key_at + 2], KEYS[key_at + 3], KEYS[key_at + 4]
  local requests, client_id, presented_prefix, places = tonumber(ARGV[at + 2]), ARGV[at + 3], ARGV[at + 4], ARGV[at + 5]
  at = at + ${CALLER}
  ${authorizeLua}
  if code == 'miss' or code == 'client' then
    for r = 1, requests do replies[number + r] = code == 'miss' and code or code .. '\\t' .. owner end
    return
  end
  local interval, tolerance, tat, charged_until, quota_text
  if rate then
    ${limitLua}
    quota_text = format('%d\\t%d\\t', burst, math.ceil(burst / rate))
  end
  local ids, items_before, client_waits = {}, 0, 0
  local seen, place, root, top, generation
  -- Ids and digests of accepted events, and what \`record\` keeps of the caller.
  local marks, position, marked, marked_digest = {}, {}, 0, requests > 1 and {}
  local recorded

  for r = 1, requests do
    local own = at + ${REQUEST}
    local received_at, body_status, body_code, cost = ARGV[at + 1], ARGV[at + 2], ARGV[at + 3], tonumber(ARGV[at + 4])
    local item_count, first = tonumber(ARGV[own]), own + ${wordCount}
    local request_id = ARGV[${SHARED} + number + r]
    ${words}
    local result, status, letters, extra, audited = 'ok', nil, '', '', false
    local new, duplicates, conflicts, lines, outcomes = 0, 0, 0, {}, {}
    repeat
      if code then
        result, status = code, rate and '403' or '401'
        break
      end
      local charged = tat + cost * interval
      local taken_before = taken[number + r]
      -- A request that costs more than the burst would never pass.
      if cost > burst and not taken_before then
        result, status = 'payload-too-large', '413'
        break
      end
      -- One microsecond of tolerance: doubles of this size are a quarter of a microsecond apart.
      local over_us = charged - now_us - tolerance
      if over_us > 1 and not taken_before then
        taken_before = ${settledBefore}
        if not taken_before then
          result, status, extra = 'rate-limited', '429', format('%d', math.ceil(over_us / 1000))
          break
        end
      end
      if body_status ~= '' then
        result, status, tat, charged_until = body_code, body_status, charged, charged
        break
      end

      -- The ids of this request and of all that follow: hashes are read once for the caller, not for each request.
      if not seen then
        local items, from = 0, at
        for _ = r, requests do
          local from_own = from + ${REQUEST}
          local count = tonumber(ARGV[from_own])
          local before = from_own + ${wordCount} - ${width - 1}
          for i = 1, count do ids[items + i] = ARGV[before + i * ${width}] end
          items, from = items + count, from_own + ${wordCount} + count * ${width}
        end
        places = string.sub(places, items_before * 5 + 1)
        items_before = 0
        ${lookUpLua}
      end

      local mine = {}
      for i = 1, item_count do
        local item = items_before + i
        local id, digest = ids[item], ARGV[first + i * ${width} - ${width - 2}]
        local known = mine[id] or marked_digest and marked_digest[id] or seen[item]
        if not known then
          mine[id] = digest
          outcomes[i] = 'a'
          new = new + 1
          lines[new] = ARGV[first + i * ${width}]
          local m = marked + new
          marks[m * 2 - 1], marks[m * 2], position[m] = id, digest, item
        elseif known == digest then
          outcomes[i] = 'd'
          duplicates = duplicates + 1
        else
          outcomes[i] = 'c'
          conflicts = conflicts + 1
        end
      end
      letters = table.concat(outcomes)

      if duplicates > 0 and not taken_before then taken_before = ${settledBefore} end
      if taken_before then
        ${again}
        break
      end
      stats = stats or redis.call('HMGET', stats_key, 'events', 'bytes')
      local waiting = tonumber(stats[1] or '0') + added_events
      if new > 0 and (waiting + new > most_events or tonumber(stats[2] or '0') + added_bytes >= most_bytes) then
        local drained = redis.call('HMGET', stats_key, 'rate', 'rate_at')
        result, status, letters = 'queue-full', '503', ''
        extra = format('%d', waiting) .. ' ' .. (drained[1] or '0') .. ' ' .. (drained[2] or '0') .. ' ' .. now_text
        break
      end
      status, tat, charged_until = '202', charged, charged
    until true
    items_before = items_before + item_count

    local events = status == '202' and new or 0
    if status then
      ${record}
    end
    if status == '202' then
      local waits = ${waits}
      ${keep}
      added_events, client_waits = added_events + waits, client_waits + waits
      local waits_text = format('%d', waits)
      notes[#notes + 1] = request_id
      notes[#notes + 1] = note_text(client_id, waits_text, received_at, '${note.state}', ${note.parts}, ${note.outcomes})
      opened[#opened + 1] = now_text
      opened[#opened + 1] = request_id
    end
    local limit = '\\t\\t\\t\\t'
    if rate then
      local _, _, left, reset = ${limitReplyLua}
      limit = quota_text .. format('%d\\t%d\\t', left, reset)
    end
    replies[number + r] = result .. (audited and '\\t1\\t' or '\\t0\\t') .. (owner or '') .. '\\t' .. limit .. letters
      .. '\\t' .. extra .. '\\t' .. (prefix or '')
    at = first + item_count * ${width}
  end

  if charged_until then
    local left_ms = math.max(1, math.ceil((charged_until - now_us) / 1000))
    redis.call('SET', limit_key, format('%d', charged_until), 'PX', format('%d', left_ms))
  end
  ${mark}
  if client_waits > 0 then redis.call('HINCRBY', waiting_events, client_id, format('%d', client_waits)) end
end

local at = ${SHARED} + all_requests
for c = 1, callers do
  local requests = tonumber(ARGV[at + 2])
  local done, fault = pcall(admit, ${keyCount} + (c - 1) * 4, at)
  if not done then
    for r = 1, requests do replies[number + r] = 'error\\t' .. (type(fault) == 'table' and fault.err or tostring(fault)) end
  end
  number, at = number + requests, at + ARGV[at + 1]
end

if added_events > 0 then
  local events, bytes = tonumber(stats[1] or '0') + added_events, tonumber(stats[2] or '0') + added_bytes
  redis.call('HSET', stats_key, 'events', format('%d', events), 'bytes', format('%d', bytes))
elseif added_bytes > 0 then redis.call('HINCRBY', stats_key, 'bytes', format('%d', added_bytes)) end
if #notes > 0 then
  redis.call('HSET', receipts, unpack(notes))
  redis.call('ZADD', open_receipts, unpack(opened))
end
return replies
`;
