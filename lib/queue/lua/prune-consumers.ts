import { script } from "../../redis/script.ts";

/**
 * Removes idle consumers without pending entries, left by processes that ended. In one script, because removing a
 * consumer also drops its pending entries from the group, and nobody would receive them again. If a consumer is removed
 * while its process lives, its next read recreates it.
 *
 * KEYS  1 stream
 * ARGV  1 consumer group, 2 idle milliseconds after which a consumer counts as unused
 * Output number of consumers removed
 */
export const pruneConsumersScript = script(
  "weirPruneConsumers",
  `
local queue, group, idle_ms = KEYS[1], ARGV[1], ARGV[2]
local removed = 0
for _, consumer in ipairs(redis.call('XINFO', 'CONSUMERS', queue, group)) do
  local about = {}
  for f = 1, #consumer, 2 do about[consumer[f]] = consumer[f + 1] end
  if about.pending == 0 and about.idle >= tonumber(idle_ms) then
    redis.call('XGROUP', 'DELCONSUMER', queue, group, about.name)
    removed = removed + 1
  end
end
return removed
`,
);
