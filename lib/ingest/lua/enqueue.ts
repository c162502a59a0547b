import { script } from "../../redis/script.ts";
import { admissionLua } from "./admission.ts";
import { markLua } from "./seen.ts";

/** Writes the audit row, unless it depends on PostgreSQL's decision on a conflict. */
const recordLua = `
audited = conflicts == 0 or status ~= '202'
local events_text, message = format('%d', events), nil
local rest = status == '202' and ',"accepted":' .. events_text or ''
if events > 0 then rest = rest .. '}\\n' .. table.concat(lines, '\\n') else rest = rest .. '}' end
if audited then
  -- An imported key's prefix may contain quotation marks or backslashes.
  recorded = recorded or '"client_id":' .. (owner and '"' .. owner .. '"' or 'null')
    .. ',"key_prefix":' .. (prefix and cjson.encode(prefix) or presented_prefix) .. ',"status":'
  local duration = format('%d', math.max(0, now_ms - tonumber(received_at)))
  message = open_head .. open_row .. recorded .. (status == '202' and accepted_status or status) .. ',"duration_ms":' .. duration .. ',"bytes_out":null}' .. rest
else
  message = open_head .. ',"client":"' .. owner .. '"' .. rest
end
redis.call('XADD', queue, '*', 'n', events_text, 'm', message)
added_bytes = added_bytes + #message
`;

/** An id is marked as seen in the step that enqueues its event. A later request of the caller finds it among the marks. */
const keepLua = `
for m = marked + 1, r < requests and marked + new or 0 do marked_digest[marks[m * 2 - 1]] = marks[m * 2] end
marked = marked + new
`;

const marksLua = `
if marked > 0 then
  local new = marked
  ${markLua("HSET")}
end
`;

const note = {
  state: "o" as const,
  parts: "part_text('0', waits_text)",
  outcomes: "duplicates + conflicts == 0 and '' or letters",
};

/** The first run's message is in the stream, so its outcomes are the reply, and its receipt will show them. */
const againLua = `
local client, _, _, _, _, before = parse_note(taken_before)
-- Without a client, it is what was kept of a settled request.
if not client then before = taken_before end
-- A note written by an earlier version has no outcomes.
if string.find(before, ' ', 1, true) then before = letters end
letters = before ~= '' and before or string.rep('a', item_count)
audited = not string.find(letters, 'c', 1, true)
`;

/**
 * All of an ingest request that needs shared state, with the enqueue into Redis Streams, in one atomic step.
 *
 * KEYS  see `admissionLua`; 5 queue stream, 6 and 7 outcomes of recently settled requests (see `settleScript`)
 * ARGV  see `admissionLua`; a request's own values are the message's header and the audit row, both without their end, and the
 *       status of the response if it is accepted; an item's is its line in the message
 * Output see `admissionLua`
 */
export const enqueueScript = script(
  "weirEnqueue",
  admissionLua({
    keys: "local queue, decided_even, decided_odd = KEYS[5], KEYS[6], KEYS[7]",
    keyCount: 7,
    words: "local open_head, open_row, accepted_status = ARGV[own + 1], ARGV[own + 2], ARGV[own + 3]",
    wordCount: 3,
    width: 3,
    record: recordLua,
    keep: keepLua,
    mark: marksLua,
    waits: "new",
    note,
    settledBefore:
      "redis.call('HGET', decided_even, request_id) or redis.call('HGET', decided_odd, request_id)",
    again: againLua,
  }),
);
