import { script } from "../../redis/script.ts";

/** Lua that reads the server's clock: `now_us` and `now_ms`. */
export const clockLua = `
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now_ms = math.floor(now_us / 1000)
`;

/**
 * Lua that identifies a caller and checks its scopes.
 *
 * Input: `now_ms`, `key_record` and `client_record` (names), `client_id` (of the client that the key presumably belongs to),
 * `wanted_scopes`, one of which is required, "read,ingest".
 *
 * Sets `code`: nil if the caller is authorized, else a problem code, 'miss' (not cached) or 'client' (the key belongs to
 * `owner`). Also sets `owner`, `prefix`, `scopes` and `key_id` of the key, false if unknown, and `rate` (events a second)
 * and `burst` of a known client.
 *
 * It is inline code, not functions: Lua would create them anew at each run, which took longer than their work.
 */
export const authorizeLua = `
local key = redis.call('HMGET', key_record, 'state', 'client_id', 'prefix', 'scopes', 'key_id', 'expires_at')
local state, owner, prefix, scopes, key_id = key[1], key[2], key[3], key[4], key[5]
local code, rate, burst
if not state then code = 'miss'
elseif state == 'elsewhere' then code = 'client'
elseif state == 'unknown' then code = 'invalid-api-key'
elseif state == 'revoked' then code = 'revoked-api-key'
elseif key[6] ~= '' and tonumber(key[6]) <= now_ms then code = 'expired-api-key'
elseif owner ~= client_id then code = 'client'
else
  local client = redis.call('HMGET', client_record, 'active', 'rate', 'burst')
  if not client[1] then code = 'miss'
  else
    rate, burst = tonumber(client[2]), tonumber(client[3])
    if client[1] ~= '1' then code = 'client-inactive'
    else
      code = 'insufficient-scope'
      local held = ',' .. scopes .. ','
      for scope in string.gmatch(wanted_scopes .. ',admin', '[^,]+') do
        if string.find(held, ',' .. scope .. ',', 1, true) then
          code = nil
          break
        end
      end
    end
  end
end
`;

/**
 * Lua that reads the state of a known client's limit: `tat`, the theoretical arrival time of GCRA, in microseconds
 * (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). Only the server's clock is used. A `tat` further ahead than a
 * full burst can only result from a clock that was set back, so it is capped there.
 *
 * Input: `now_us`, `rate`, `burst`, `limit_key`. Sets `interval`, `tolerance` and `tat`, which must be declared.
 */
export const limitLua = `
interval = 1000000 / rate
tolerance = burst * interval
tat = tonumber(redis.call('GET', limit_key) or '0')
if tat < now_us then tat = now_us end
if tat > now_us + tolerance then tat = now_us + tolerance end
`;

/** The limit as callers see it, from `tat`: quota, window s, remaining, reset s. */
export const limitReplyLua = `
burst, math.ceil(burst / rate), math.max(0, math.floor((tolerance - (tat - now_us)) / interval + 0.001)),
math.ceil((tat - now_us) / 1000000)`;

/**
 * Looks up a caller without charging its limit. For a request of a page, also checks the page's origin, and that the key can
 * do nothing but send, since everybody can read it there.
 *
 * KEYS  1 record of the API key, 2 record of the client, 3 the client's limit
 * ARGV  1 id of the client that the key presumably belongs to, 2 scopes, one of which is required, 3 origin of the page, or ''
 * Output: {code or 'ok', client id, key id, prefix, scopes, quota, window s, remaining, reset s}; the last four only if the
 * key's client is known. {'miss'} if the key or its client is not cached.
 */
export const authorizeScript = script(
  "weirAuthorize",
  `${clockLua}
local key_record, client_record, limit_key = KEYS[1], KEYS[2], KEYS[3]
local client_id, wanted_scopes, origin = ARGV[1], ARGV[2], ARGV[3]
${authorizeLua}
if code == 'miss' then return { 'miss' } end
if not code and origin ~= '' then
  local origins = redis.call('HGET', client_record, 'origins')
  if not origins then return { 'miss' } end
  origins = ' ' .. origins .. ' '
  local allowed = string.find(origins, ' * ', 1, true) or string.find(origins, ' ' .. origin .. ' ', 1, true)
  if not allowed or scopes ~= 'ingest' then code = 'origin-not-allowed' end
end
local reply = { code or 'ok', owner or '', key_id or '', prefix or '', scopes or '' }
if rate then
  local interval, tolerance, tat
  ${limitLua}
  reply[6], reply[7], reply[8], reply[9] = ${limitReplyLua}
end
return reply
`,
);
