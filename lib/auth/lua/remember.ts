import { script } from "../../redis/script.ts";

/**
 * Caches the records of an API key and its client, each only if none exists: a loader that read the database before a
 * revocation must not overwrite it. Only the state 'unknown' gives way to a valid key, since somebody may have tried the key
 * before it was created. If a key is looked up on another shard than its client's, that shard gets the state 'elsewhere'
 * with the client's id. Everything else, including a revocation, is stored on the client's shard only.
 *
 * KEYS  1 key record, 2 client record
 * ARGV  1 seconds to keep, 2 state, 3 client id, 4 key id, 5 prefix, 6 scopes, 7 expiry (ms, '' for never),
 *       8 active, 9 rate, 10 burst, 11 origins (separated by spaces); with state 'unknown' or 'revoked' only the first two, with 'elsewhere' the first three
 * Output 1
 */
export const rememberScript = script(
  "weirRemember",
  `
local key_record, client_record = KEYS[1], KEYS[2]
local seconds, new_state, client_id, key_id, prefix, scopes, expires_at, active, rate, burst, origins = unpack(ARGV)
local state = redis.call('HGET', key_record, 'state')
if not state or (state == 'unknown' and (new_state == 'valid' or new_state == 'elsewhere')) then
  redis.call('HSET', key_record, 'state', new_state)
  if new_state == 'valid' then
    redis.call('HSET', key_record, 'client_id', client_id, 'key_id', key_id, 'prefix', prefix, 'scopes', scopes, 'expires_at', expires_at)
  end
  if new_state == 'elsewhere' then redis.call('HSET', key_record, 'client_id', client_id) end
  redis.call('EXPIRE', key_record, seconds)
end
if new_state == 'valid' then
  if redis.call('EXISTS', client_record) == 0 then
    redis.call('HSET', client_record, 'active', active, 'rate', rate, 'burst', burst, 'origins', origins)
    redis.call('EXPIRE', client_record, seconds)
  else
    -- An instance of the version before writes the record without them.
    redis.call('HSETNX', client_record, 'origins', origins)
  end
end
return 1
`,
);
