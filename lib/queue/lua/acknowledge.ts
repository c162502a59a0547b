import { rateLua } from "../../pending/lua/drain-rate.ts";
import { script } from "../../redis/script.ts";

/** Lua function that updates the counts of a queue from which messages were removed. */
const countLua = `${rateLua}
local function count_removed(queue, stats, events, bytes, drained)
  -- Redis does not accept Lua's -0 as an integer, so messages without events must not get this far.
  if events > 0 then redis.call('HINCRBY', stats, 'events', -events) end
  -- An empty queue has no bytes, whatever versions that did not count them added or removed.
  if redis.call('XLEN', queue) == 0 then
    redis.call('HDEL', stats, 'bytes')
  elseif bytes > 0 then
    redis.call('HINCRBY', stats, 'bytes', -bytes)
  end
  local time = redis.call('TIME')
  add_rate(stats, time[1] * 1000 + math.floor(time[2] / 1000), drained)
end
`;

/**
 * Removes processed messages whose size the receiver knows, and updates the counts of waiting events and bytes and the
 * drain rate. XACK alone would leave the entry, and its memory, in the stream.
 *
 * It does not read the entries: with messages of one event, that was more than half of its time.
 *
 * KEYS  1 queue stream, 2 stats
 * ARGV  1 consumer group, 2 their events and 3 their bytes in total, 4 events and bytes of each, `1:312,1:290,`, then the
 *       entries' ids in the same order
 * Output number of messages removed
 */
export const acknowledgeScript = script(
  "weirAcknowledge",
  `${countLua}
local queue, stats = KEYS[1], KEYS[2]
local group, events, bytes, sizes = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local first, last = 5, #ARGV
local removed = 0
if redis.call('XACK', queue, group, unpack(ARGV, first, last)) == last - first + 1 then
  -- Whoever removes an entry acknowledges it in the same step, so all are still there.
  removed = redis.call('XDEL', queue, unpack(ARGV, first, last))
else
  -- Some were acknowledged before, which subtracted them, or the group is a new one.
  events, bytes = 0, 0
  local i = first
  for own_events, own_bytes in string.gmatch(sizes, '(%d+):(%d+),') do
    if redis.call('XDEL', queue, ARGV[i]) == 1 then
      removed = removed + 1
      events = events + own_events
      bytes = bytes + own_bytes
    end
    i = i + 1
  end
  if removed == 0 then return 0 end
end
count_removed(queue, stats, events, bytes, events)
return removed
`,
);

/**
 * Removes messages of any size, and updates the counts. Dead letters are appended to their stream first.
 *
 * KEYS  1 queue stream, 2 stats, 3 dead-letter stream
 * ARGV  1 consumer group, 2 'ack' or 'dead', then the entries' ids
 * Output number of messages removed
 */
export const removeScript = script(
  "weirRemove",
  `${countLua}
local queue, stats, dead = KEYS[1], KEYS[2], KEYS[3]
local group, outcome = ARGV[1], ARGV[2]
local removed, events, bytes = 0, 0, 0
for i = 3, #ARGV do
  local entry = redis.call('XRANGE', queue, ARGV[i], ARGV[i])[1]
  redis.call('XACK', queue, group, ARGV[i])
  if entry then
    local fields = entry[2]
    for f = 1, #fields, 2 do
      if fields[f] == 'n' then events = events + tonumber(fields[f + 1]) end
      if fields[f] == 'm' then bytes = bytes + #fields[f + 1] end
    end
    if outcome == 'dead' then redis.call('XADD', dead, '*', 'id', ARGV[i], unpack(fields)) end
    removed = removed + redis.call('XDEL', queue, ARGV[i])
  end
end
if removed > 0 then count_removed(queue, stats, events, bytes, outcome == 'ack' and events or 0) end
return removed
`,
);
