import { admissionLua } from "./admission.ts";
import { type Script, script } from "./script.ts";

/** Bytes of the refusals whose length is known beforehand; see `refusalBytes`. */
interface RefusalBytes {
  same: Readonly<Record<string, number>>;
  limited: number;
  split: number;
}

/** Sets `size` to the bytes of the answer; it stays nil where they depend on more than is known here. */
const sizeLua = ({ same, limited, split }: RefusalBytes): string => `
local size
if answer.code == 'ok' then
  if answer.conflicts == 0 then size = ARGV[13] + #tostring(answer.new) + #tostring(answer.duplicates) end
elseif answer.code == ARGV[6] then
  size = ARGV[13]
elseif answer.code == 'rate-limited' then
  local split = tonumber(ARGV[7]) > burst and ${split} or 0
  size = ${limited} + #ARGV[7] + #string.format('%d', answer.left) + split
else
  size = ({ ${Object.entries(same)
    .map(([code, bytes]) => `['${code}'] = ${bytes}`)
    .join(", ")} })[answer.code]
end
`;

const recordLua = (bytes: RefusalBytes): string => `${sizeLua(bytes)}
local row = ''
if size then
  row = ARGV[11] .. '"client_id":' .. (owner and '"' .. owner .. '"' or 'null')
    -- An imported key may begin with quotation marks or backslashes.
    .. ',"key_prefix":' .. (prefix and cjson.encode(prefix) or ARGV[12])
    .. ',"status":' .. status .. ',"duration_ms":' .. math.max(0, now_ms - tonumber(ARGV[4]))
    .. ',"bytes_out":' .. size .. '}'
elseif status == 202 then
  row = ',"client":"' .. owner .. '"'
else
  return false
end
local events = string.format('%d', #lines)
if status == 202 then row = row .. ',"accepted":' .. events end
local text = #lines > 0 and '\\n' .. table.concat(lines, '\\n') or ''
redis.call('XADD', KEYS[10], '*', 'n', events, 'm', ARGV[10] .. row .. '}' .. text)
return size ~= nil
`;

/** Ids are marked as seen in the step that enqueues them; a window's first request sets when its hash expires. */
const keepLua = `
if new > 0 then
  redis.call('HSET', current, unpack(marks))
  if noted ~= expires_at then
    redis.call('HSET', current, 'expires_at', expires_at)
    redis.call('PEXPIREAT', current, expires_at)
  end
end
`;

/** The only part, and the outcomes where not all events were accepted. */
const noteLua = "'o 0:' .. events .. (duplicates + conflicts == 0 and ',' or ', ' .. table.concat(outcomes))";

/** The first run's message is in the stream, so its outcomes are the answer, which its receipt will show. */
const againLua = `local before = string.match(taken_before, ' o %S* ?(%S*)$') or taken_before
  -- The note of an earlier version keeps no outcomes.
  if string.find(before, ' ', 1, true) then before = table.concat(outcomes) end
  if before == '' then before = string.rep('a', items) end
  audited = not string.find(before, 'c', 1, true)
  return finish('ok', nil, before)`;

/**
 * Everything of an ingest request that needs shared state, with the enqueue into Redis Streams, in one atomic step.
 *
 * KEYS  see `admissionLua`; 10 queue stream, 11 and 12 outcomes of requests settled lately (see `settleScript`)
 * ARGV  see `admissionLua`; 10 message head, 11 audit row, both open for more, 12 prefix of the presented key, for the
 *       audit of an unknown one, 13 bytes of the answer, see `bytesBefore`; the third word of each valid item is its line
 *       of the message
 * Output see `admissionLua`
 */
export const defineEnqueue = (bytes: RefusalBytes): Script =>
  script(
    "weirEnqueue",
    admissionLua({
      first: 14,
      width: 3,
      record: recordLua(bytes),
      keep: keepLua,
      note: noteLua,
      settledBefore: "redis.call('HGET', KEYS[11], ARGV[3]) or redis.call('HGET', KEYS[12], ARGV[3])",
      again: againLua,
    }),
  );
