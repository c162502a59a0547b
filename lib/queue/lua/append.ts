import { script } from "../../redis/script.ts";

/**
 * Appends messages to the queue, and counts their events and bytes as waiting.
 *
 * One command: a pipeline of ioredis (6.0) stays in memory until V8 collects old objects (docs/decisions/0053).
 *
 * KEYS  1 queue stream, 2 stats
 * ARGV  of each message its number of events and its body
 * Output number of messages
 */
export const appendScript = script(
  "weirAppend",
  `
local queue, stats = KEYS[1], KEYS[2]
local events, bytes = 0, 0
for i = 1, #ARGV, 2 do
  redis.call('XADD', queue, '*', 'n', ARGV[i], 'm', ARGV[i + 1])
  events = events + tonumber(ARGV[i])
  bytes = bytes + #ARGV[i + 1]
end
if events > 0 then redis.call('HINCRBY', stats, 'events', string.format('%d', events)) end
redis.call('HINCRBY', stats, 'bytes', string.format('%d', bytes))
return #ARGV / 2
`,
);
