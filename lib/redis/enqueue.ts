import { admissionEnd, admissionStart } from "./admission.ts";
import { script } from "./script.ts";

/**
 * Everything of an ingest request that needs shared state, with the enqueue into Redis Streams, in one atomic step. An
 * id is marked as seen only in the step that enqueues it.
 *
 * KEYS  see `admissionStart`; 8 queue stream, 9 events accepted by client
 * ARGV  see `admissionStart`; 10 message head up to the audit row's open brace, 11 prefix of the presented key, for the
 *       audit of an unknown one; the third word of each valid item is its line of the message
 * Output see `admissionStart`
 */
export const enqueueScript = script(
  "weirEnqueue",
  `${admissionStart(12, 3)}
local function record(status, lines)
  local duration = math.max(0, now_ms - tonumber(ARGV[4]))
  local head = ARGV[10] .. '"client_id":' .. (key.client_id and '"' .. key.client_id .. '"' or 'null')
    -- An imported key may begin with quotation marks or backslashes.
    .. ',"key_prefix":' .. (key.prefix and cjson.encode(key.prefix) or ARGV[11])
    .. ',"status":' .. status .. ',"duration_ms":' .. duration .. '}'
  if status == 202 then head = head .. ',"accepted":' .. #lines end
  table.insert(lines, 1, head .. '}')
  redis.call('XADD', KEYS[8], '*', 'n', #lines - 1, 'm', table.concat(lines, '\\n'))
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
