import { script } from "../../redis/script.ts";

/**
 * Moves dead letters, the oldest or some by their ids, unchanged, to the end of the queue, and counts their events and bytes
 * as waiting again.
 *
 * KEYS  1 dead-letter stream, 2 queue stream, 3 stats
 * ARGV  1 most messages; each may have 1 MiB, and the script blocks Redis meanwhile. Then, if only some: at most as many ids
 * Output number of messages moved
 */
export const redriveDeadScript = script(
  "weirRedriveDead",
  `
local dead, queue, stats, most = KEYS[1], KEYS[2], KEYS[3], ARGV[1]
local entries = {}
if #ARGV == 1 then entries = redis.call('XRANGE', dead, '-', '+', 'COUNT', most) end
for i = 2, #ARGV do
  entries[#entries + 1] = redis.call('XRANGE', dead, ARGV[i], ARGV[i])[1]
end
for _, entry in ipairs(entries) do
  local fields, events, bytes = entry[2], 0, 0
  for f = 1, #fields, 2 do
    if fields[f] == 'n' then events = tonumber(fields[f + 1]) end
    if fields[f] == 'm' then bytes = #fields[f + 1] end
  end
  -- The first pair is the id it had in the queue, added by acknowledgeScript.
  redis.call('XADD', queue, '*', unpack(fields, 3))
  if events > 0 then redis.call('HINCRBY', stats, 'events', events) end
  redis.call('HINCRBY', stats, 'bytes', bytes)
  redis.call('XDEL', dead, entry[1])
end
return #entries
`,
);
