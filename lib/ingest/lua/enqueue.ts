import { type Script, script } from "../../redis/script.ts";
import { admissionLua } from "./admission.ts";
import { markLua } from "./seen.ts";

/** Bytes of the refusals whose length is known beforehand; see `refusalBytes`. */
interface RefusalBytes {
  same: Readonly<Record<string, number>>;
  limited: number;
  oversize: number;
}

/** Sets `size` to the bytes of the answer; it stays nil where they depend on more than is known here. */
const sizeLua = ({ same, limited, oversize }: RefusalBytes): string => `
local size
if answer.code == 'ok' then
  if answer.conflicts == 0 then size = ARGV[15] + #tostring(answer.new) + #tostring(answer.duplicates) end
elseif answer.code == ARGV[6] then
  size = ARGV[15]
elseif answer.code == 'rate-limited' then
  size = ${limited} + #ARGV[7] + #string.format('%d', answer.left)
elseif answer.code == 'payload-too-large' then
  size = ${oversize} + #ARGV[7] + 2 * #string.format('%d', burst)
else
  size = ({ ${Object.entries(same)
    .map(([code, bytes]) => `['${code}'] = ${bytes}`)
    .join(", ")} })[answer.code]
end
`;

const recordLua = (bytes: RefusalBytes): string => `${sizeLua(bytes)}
local row = ''
if size then
  row = ARGV[13] .. '"client_id":' .. (owner and '"' .. owner .. '"' or 'null')
    -- An imported key may begin with quotation marks or backslashes.
    .. ',"key_prefix":' .. (prefix and cjson.encode(prefix) or ARGV[14])
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
local message = ARGV[12] .. row .. '}' .. text
redis.call('XADD', KEYS[9], '*', 'n', events, 'm', message)
redis.call('HINCRBY', KEYS[5], 'bytes', #message)
return size ~= nil
`;

/** Ids are marked as seen in the step that enqueues them. */
const keepLua = `
if new > 0 then
  ${markLua("HSET")}
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
 * KEYS  see `admissionLua`; 9 queue stream, 10 and 11 outcomes of requests settled lately (see `settleScript`)
 * ARGV  see `admissionLua`; 12 message head, 13 audit row, both open for more, 14 prefix of the presented key, for the
 *       audit of an unknown one, 15 bytes of the answer, see `bytesBefore`; the third word of each valid item is its line
 *       of the message
 * Output see `admissionLua`
 */
export const defineEnqueue = (bytes: RefusalBytes): Script =>
  script(
    "weirEnqueue",
    admissionLua({
      first: 16,
      width: 3,
      record: recordLua(bytes),
      keep: keepLua,
      waits: "new",
      note: noteLua,
      settledBefore: "redis.call('HGET', KEYS[10], ARGV[3]) or redis.call('HGET', KEYS[11], ARGV[3])",
      again: againLua,
    }),
  );
