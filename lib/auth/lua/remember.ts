import { script } from "../../redis/script.ts";

/**
 * Caches an API key's record and its client's, each only where nothing stands: a loader that read the database before
 * a revocation must not undo what the revocation wrote. Only that a key is unknown gives way to a key that is good,
 * since somebody may have tried it before it was made. Where a key is looked up in another shard than its client's,
 * that shard gets the state 'elsewhere': whose key it is. All else, and a revocation, stands at its client only.
 *
 * KEYS  1 key record, 2 client record
 * ARGV  1 seconds to keep, 2 state, 3 client id, 4 key id, 5 prefix, 6 scopes, 7 expiry (ms, '' for never),
 *       8 active, 9 rate, 10 burst; with state 'unknown' or 'revoked' only the first two, with 'elsewhere' the first three
 * Output 1
 */
export const rememberScript = script(
  "weirRemember",
  `
local state = redis.call('HGET', KEYS[1], 'state')
if not state or (state == 'unknown' and (ARGV[2] == 'valid' or ARGV[2] == 'elsewhere')) then
  redis.call('HSET', KEYS[1], 'state', ARGV[2])
  if ARGV[2] == 'valid' then
    redis.call('HSET', KEYS[1], 'client_id', ARGV[3], 'key_id', ARGV[4], 'prefix', ARGV[5], 'scopes', ARGV[6], 'expires_at', ARGV[7])
  end
  if ARGV[2] == 'elsewhere' then redis.call('HSET', KEYS[1], 'client_id', ARGV[3]) end
  redis.call('EXPIRE', KEYS[1], ARGV[1])
end
if ARGV[2] == 'valid' then
  if redis.call('EXISTS', KEYS[2]) == 0 then
    redis.call('HSET', KEYS[2], 'active', ARGV[8], 'rate', ARGV[9], 'burst', ARGV[10])
    redis.call('EXPIRE', KEYS[2], ARGV[1])
  end
end
return 1
`,
);
