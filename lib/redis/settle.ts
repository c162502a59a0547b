import { booksLua } from "./books.ts";
import { script } from "./script.ts";

/**
 * After the worker's commit of messages from SQS: takes them out of the books and their parts out of the receipts'
 * notes. An event is counted as accepted by `confirmScript`, or here where the worker was faster, or where ingest never
 * learned that SQS had taken the message; by the note's list of parts never by both.
 *
 * KEYS  1 to 4 see `booksLua`, 5 pending receipts, 6 events accepted by client
 * ARGV  for each message: id, receipt id, part, events, client id ('' for a message without a receipt), 1 when it was
 *       settled now and not by an earlier delivery, else 0
 * Output 1
 */
export const settleScript = script(
  "weirSettle",
  `${booksLua(1)}
local function settle(receipt, part, events, client, fresh)
  local name = part .. ':' .. events .. ','
  local function count() redis.call('HINCRBY', KEYS[6], client, events) end
  local note = redis.call('HGET', KEYS[5], receipt)
  if not note then
    -- Ingest was told, or believes, that SQS did not take it.
    if fresh then count() end
    return
  end
  local owner, accepted, received_at, state, parts = string.match(note, '^(%S+) (%d+) (%d+) (%a) (.*)$')
  if not owner then return end
  local from, to = string.find(',' .. parts, ',' .. name, 1, true)
  if state == 's' then
    if from then return end
    count()
    parts = parts .. name
  elseif from then
    parts = string.sub(parts, 1, from - 1) .. string.sub(parts, to)
    if parts == '' then
      redis.call('HDEL', KEYS[5], receipt)
      return
    end
  else
    if not fresh then return end
    count()
    accepted = accepted + events
  end
  redis.call('HSET', KEYS[5], receipt, owner .. ' ' .. accepted .. ' ' .. received_at .. ' ' .. state .. ' ' .. parts)
end

for i = 1, #ARGV, 6 do
  -- When the connection breaks before the reply, ioredis sends the command again, with what was fresh the first time.
  local told_before = redis.call('ZSCORE', DONE, ARGV[i])
  unbook(ARGV[i], true)
  if ARGV[i + 4] ~= '' then
    settle(ARGV[i + 1], ARGV[i + 2], tonumber(ARGV[i + 3]), ARGV[i + 4], ARGV[i + 5] == '1' and not told_before)
  end
end
prune()
return 1
`,
);
