import { script } from "../../redis/script.ts";
import { admissionLua } from "./admission.ts";
import { markLua } from "./seen.ts";

/** Writes the audit row, unless it depends on PostgreSQL's decision on a conflict. */
const recordLua = `
local decided = answer.conflicts == 0 or answer.code ~= 'ok'
local row
if decided then
  row = open_row .. '"client_id":' .. (owner and '"' .. owner .. '"' or 'null')
    -- An imported key's prefix may contain quotation marks or backslashes.
    .. ',"key_prefix":' .. (prefix and cjson.encode(prefix) or presented_prefix)
    .. ',"status":' .. status .. ',"duration_ms":' .. math.max(0, now_ms - tonumber(received_at))
    .. ',"bytes_out":null}'
else
  row = ',"client":"' .. owner .. '"'
end
local events = string.format('%d', #lines)
if status == 202 then row = row .. ',"accepted":' .. events end
local text = #lines > 0 and '\\n' .. table.concat(lines, '\\n') or ''
local message = open_head .. row .. '}' .. text
redis.call('XADD', queue, '*', 'n', events, 'm', message)
redis.call('HINCRBY', stats_key, 'bytes', #message)
return decided
`;

/** Marks ids as seen in the step that enqueues their events. */
const keepLua = `
if new > 0 then
  ${markLua("HSET")}
end
`;

const note = {
  state: "o" as const,
  parts: "part_text(0, events)",
  outcomes: "duplicates + conflicts == 0 and '' or table.concat(outcomes)",
};

/** The first run's message is in the stream, so its outcomes are the reply, and its receipt will show them. */
const againLua = `local client, _, _, _, _, before = parse_note(taken_before)
  -- Without a client, it is what was kept of a settled request.
  if not client then before = taken_before end
  -- A note written by an earlier version has no outcomes.
  if string.find(before, ' ', 1, true) then before = table.concat(outcomes) end
  if before == '' then before = string.rep('a', items) end
  audited = not string.find(before, 'c', 1, true)
  return finish('ok', nil, before)`;

/**
 * All of an ingest request that needs shared state, with the enqueue into Redis Streams, in one atomic step.
 *
 * KEYS  see `admissionLua`; 9 queue stream, 10 and 11 outcomes of recently settled requests (see `settleScript`)
 * ARGV  see `admissionLua`; 12 message header, 13 audit row, both without their end, 14 prefix of the presented key, for
 *       the audit of an unknown key; the third value of each valid item is its line in the message
 * Output see `admissionLua`
 */
export const enqueueScript = script(
  "weirEnqueue",
  admissionLua({
    locals: `local queue, decided_even, decided_odd = KEYS[9], KEYS[10], KEYS[11]
local open_head, open_row, presented_prefix = ARGV[12], ARGV[13], ARGV[14]`,
    first: 15,
    width: 3,
    record: recordLua,
    keep: keepLua,
    waits: "new",
    note,
    settledBefore:
      "redis.call('HGET', decided_even, request_id) or redis.call('HGET', decided_odd, request_id)",
    again: againLua,
  }),
);
