import { booksLua } from "./books.ts";
import { script } from "./script.ts";
import { markLua } from "./seen.ts";

/**
 * Second step of an ingest request whose events went to SQS: marks as seen what SQS took, and only that; books the
 * messages, counts their events as accepted, and puts the receipt's note right. What the worker has settled already, it
 * has counted as well (`settleScript`).
 *
 * KEYS  1 to 4 see `booksLua`, 5 seen ids (see `lookUpLua`), 6 pending receipts, 7 events accepted by client
 * ARGV  1 client id, 2 request id, 3 dedup window (ms), 4 number of messages that were taken, 5 places of
 *       the events taken, then for each message: id, part, events; then for each event taken, sorted by place: id and digest
 * Output 1
 *
 * Afterwards the note is "client events received_at o parts": parts are those not settled yet, "0:500,1:300,". It goes
 * when none is left.
 */
export const confirmScript = script(
  "weirConfirm",
  `${booksLua(1)}
local taken = tonumber(ARGV[4])
local first = 6 + taken * 3
if #ARGV >= first then
  local window = tonumber(ARGV[3])
  local generation = math.floor(books_now / window)
  local root, places, place, marks, position = KEYS[5] .. generation, ARGV[5], {}, {}, {}
  local top, new = tonumber(redis.call('HGET', root, 'top') or '0'), (#ARGV - first + 1) / 2
  for i = first, #ARGV do marks[i - first + 1] = ARGV[i] end
  for n = 1, new do position[n] = n end
  -- One that another request has marked in the meantime keeps its first digest.
  ${markLua("HSETNX")}
end

local note = redis.call('HGET', KEYS[6], ARGV[2])
local client, received_at, state, settled
if note then client, received_at, state, settled = string.match(note, '^(%S+) %d+ (%d+) (%a) (.*)$') end
local accepted, fresh, open = 0, 0, ''
for i = 6, first - 1, 3 do
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
if fresh > 0 then redis.call('HINCRBY', KEYS[7], ARGV[1], fresh) end
if open == '' then
  redis.call('HDEL', KEYS[6], ARGV[2])
else
  redis.call('HSET', KEYS[6], ARGV[2], client .. ' ' .. accepted .. ' ' .. received_at .. ' o ' .. open)
end
return 1
`,
);
