import { booksLua } from "./books.ts";
import { script } from "./script.ts";

/**
 * Second step of an ingest request whose events went to SQS: marks as seen what SQS took, and only that; books the
 * messages, counts their events as accepted, and puts the receipt's note right. What the worker has settled already, it
 * has counted as well (`settleScript`).
 *
 * KEYS  1 to 4 see `booksLua`, 5 and 6 seen ids (even and odd windows), 7 pending receipts, 8 events accepted by client
 * ARGV  1 client id, 2 request id, 3 dedup window (ms), 4 number of messages that were taken, then for each of them:
 *       id, part, events; then for each event taken: its id and digest
 * Output 1
 *
 * Afterwards the note is "client events received_at o parts": parts are those not settled yet, "0:500,1:300,". It goes
 * when none is left.
 */
export const confirmScript = script(
  "weirConfirm",
  `${booksLua(1)}
local taken = tonumber(ARGV[4])
local first = 5 + taken * 3
if #ARGV >= first then
  local window = tonumber(ARGV[3])
  local generation = math.floor(books_now / window)
  local current = KEYS[5 + generation % 2]
  -- One that another request has marked in the meantime keeps its first digest.
  for i = first, #ARGV, 2 do redis.call('HSETNX', current, ARGV[i], ARGV[i + 1]) end
  redis.call('PEXPIREAT', current, (generation + 2) * window)
end

local note = redis.call('HGET', KEYS[7], ARGV[2])
local client, received_at, state, settled
if note then client, received_at, state, settled = string.match(note, '^(%S+) %d+ (%d+) (%a) (.*)$') end
local accepted, fresh, open = 0, 0, ''
for i = 5, first - 1, 3 do
  local id, part, events = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2])
  book(id, ARGV[i + 2])
  accepted = accepted + events
  if settled and not string.find(',' .. settled, ',' .. part .. ':', 1, true) then
    fresh = fresh + events
    open = open .. part .. ':' .. events .. ','
  end
end
-- Without a note Redis was emptied in between; with an open one this very script ran before and its reply got lost.
if state ~= 's' then return 1 end
if fresh > 0 then redis.call('HINCRBY', KEYS[8], ARGV[1], fresh) end
if open == '' then
  redis.call('HDEL', KEYS[7], ARGV[2])
else
  redis.call('HSET', KEYS[7], ARGV[2], client .. ' ' .. accepted .. ' ' .. received_at .. ' o ' .. open)
end
return 1
`,
);
