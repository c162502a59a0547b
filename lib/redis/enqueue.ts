import { admissionEnd, admissionStart } from "./admission.ts";
import { type Script, script } from "./script.ts";

/** Bytes of the refusals whose length is known beforehand; see `refusalBytes`. */
interface RefusalBytes {
  same: Readonly<Record<string, number>>;
  limited: number;
  split: number;
}

const bytesLua = ({ same, limited, split }: RefusalBytes): string => `
local BYTES = { ${Object.entries(same)
  .map(([code, bytes]) => `['${code}'] = ${bytes}`)
  .join(", ")} }

-- Bytes of the answer; nil where they depend on more than is known here.
local function size_of(answer)
  if answer.code == 'ok' then
    if answer.conflicts > 0 then return nil end
    return ARGV[13] + #tostring(answer.new) + #tostring(answer.duplicates)
  end
  if answer.code == ARGV[6] then return ARGV[13] end
  if answer.code == 'rate-limited' then
    local split = tonumber(ARGV[7]) > client.burst and ${split} or 0
    return ${limited} + #ARGV[7] + #string.format('%d', answer.left) + split
  end
  return BYTES[answer.code]
end
`;

/**
 * Everything of an ingest request that needs shared state, with the enqueue into Redis Streams, in one atomic step. An
 * id is marked as seen only in the step that enqueues it.
 *
 * KEYS  see `admissionStart`; 8 queue stream, 9 events accepted by client
 * ARGV  see `admissionStart`; 10 message head, 11 audit row, both open for more, 12 prefix of the presented key, for the
 *       audit of an unknown one, 13 bytes of the answer, see `bytesBefore`; the third word of each valid item is its line
 *       of the message
 * Output see `admissionStart`
 */
export const defineEnqueue = (bytes: RefusalBytes): Script =>
  script(
    "weirEnqueue",
    `${admissionStart(14, 3)}
${bytesLua(bytes)}
local function record(status, lines, answer)
  local size = size_of(answer)
  local head = ARGV[10]
  if size then
    head = head .. ARGV[11] .. '"client_id":' .. (key.client_id and '"' .. key.client_id .. '"' or 'null')
      -- An imported key may begin with quotation marks or backslashes.
      .. ',"key_prefix":' .. (key.prefix and cjson.encode(key.prefix) or ARGV[12])
      .. ',"status":' .. status .. ',"duration_ms":' .. math.max(0, now_ms - tonumber(ARGV[4]))
      .. ',"bytes_out":' .. size .. '}'
  elseif status == 202 then
    head = head .. ',"client":"' .. key.client_id .. '"'
  else
    return false
  end
  if status == 202 then head = head .. ',"accepted":' .. #lines end
  table.insert(lines, 1, head .. '}')
  redis.call('XADD', KEYS[8], '*', 'n', #lines - 1, 'm', table.concat(lines, '\\n'))
  return size ~= nil
end

local function keep(new)
  if new > 0 then
    mark()
    redis.call('HINCRBY', KEYS[6], 'events', new)
    redis.call('HINCRBY', KEYS[9], ARGV[1], new)
  end
  redis.call('HSET', KEYS[7], ARGV[3], ARGV[1] .. ' ' .. new .. ' ' .. ARGV[4])
end
${admissionEnd}`,
  );
