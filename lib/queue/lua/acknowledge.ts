import { rateLua } from "../../pending/lua/drain-rate.ts";
import { script } from "../../redis/script.ts";

/**
 * Removes processed messages from the queue and updates the counts of waiting events and bytes and the drain rate. XACK
 * alone would leave the entry, and its memory, in the stream.
 *
 * KEYS  1 queue stream, 2 stats, 3 dead-letter stream
 * ARGV  1 consumer group, 2 'ack' or 'dead' (append to the dead-letter stream first), then the entries' ids
 * Output number of messages removed
 */
export const acknowledgeScript = script(
  "weirAcknowledge",
  `${rateLua}
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
if removed > 0 then
  -- Redis does not accept Lua's -0 as an integer, so messages without events must not get this far.
  if events > 0 then redis.call('HINCRBY', stats, 'events', -events) end
  -- An empty queue has no bytes, whatever versions that did not count them added or removed.
  if redis.call('XLEN', queue) == 0 then
    redis.call('HDEL', stats, 'bytes')
  elseif bytes > 0 then
    redis.call('HINCRBY', stats, 'bytes', -bytes)
  end
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)
  add_rate(stats, now, outcome == 'ack' and events or 0)
end
return removed
`,
);
