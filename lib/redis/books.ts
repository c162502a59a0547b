import { rateLua } from "./acknowledge.ts";

/** How long a message is remembered as done, so that one which was settled before it was booked is not booked. */
const DONE_MS = 15 * 60_000;
/** SQS keeps no message longer than 14 days; what is older has gone without our being told. */
const LONGEST_MS = 14 * 86_400_000;

/**
 * Lua functions that keep books of the messages in SQS, since SQS tells neither how many events wait in it nor how old
 * the oldest message is. They are by message and idempotent: booking or unbooking again changes nothing.
 *
 * KEYS, from `first` on: stats, books (hash: message id to its events), sent (sorted set: message id by time of booking,
 * ms), done (sorted set: message id by time of unbooking, ms)
 */
export const booksLua = (first: number): string => `${rateLua}
local STATS, BOOKS, SENT, DONE = KEYS[${first}], KEYS[${first + 1}], KEYS[${first + 2}], KEYS[${first + 3}]
local books_time = redis.call('TIME')
local books_now = books_time[1] * 1000 + math.floor(books_time[2] / 1000)

local function book(id, events)
  if redis.call('ZSCORE', DONE, id) or redis.call('HSETNX', BOOKS, id, events) == 0 then return end
  redis.call('ZADD', SENT, books_now, id)
  if tonumber(events) > 0 then redis.call('HINCRBY', STATS, 'events', events) end
end

local function strike(id)
  local events = tonumber(redis.call('HGET', BOOKS, id) or '0')
  redis.call('HDEL', BOOKS, id)
  redis.call('ZREM', SENT, id)
  if events > 0 then redis.call('HINCRBY', STATS, 'events', -events) end
  return events
end

-- @param drained whether its events count towards the drain rate
local function unbook(id, drained)
  redis.call('ZADD', DONE, books_now, id)
  local events = strike(id)
  if drained then add_rate(STATS, books_now, events) end
end

local function prune()
  redis.call('ZREMRANGEBYSCORE', DONE, '-inf', books_now - ${DONE_MS})
  local lost = redis.call('ZRANGE', SENT, '-inf', books_now - ${LONGEST_MS}, 'BYSCORE', 'LIMIT', 0, 100)
  for _, id in ipairs(lost) do strike(id) end
end
`;
