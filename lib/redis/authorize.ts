import { script } from "./script.ts";

/**
 * Lua functions that scripts about a caller begin with: who is it, may it, and how much of its limit is left.
 *
 * KEYS[1] record of the API key, KEYS[2] record of the client, KEYS[3] the client's limit
 * ARGV[1] id of the client the key is thought to belong to, ARGV[2] scopes of which one is needed, "read,ingest"
 *
 * The limit is GCRA: one number per client, the theoretical arrival time, in microseconds
 * (https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm). It is charged with the server's clock alone, and a
 * time that lies further ahead than a full burst can only come from a clock set back, so it is cut to that.
 */
export const authorizeLua = `
local time = redis.call('TIME')
local now_us = time[1] * 1000000 + time[2]
local now_ms = math.floor(now_us / 1000)
local key, client = {}, {}

-- Returns nil when the caller may go on; else a problem code, or 'miss' (not cached) or 'client' (look there).
local function authorize()
  local k = redis.call('HMGET', KEYS[1], 'state', 'client_id', 'prefix', 'scopes', 'expires_at', 'key_id')
  key = { state = k[1], client_id = k[2], prefix = k[3], scopes = k[4], expires_at = k[5], key_id = k[6] }
  if not key.state then return 'miss' end
  if key.state == 'elsewhere' then return 'client' end
  if key.state == 'unknown' then return 'invalid-api-key' end
  if key.state == 'revoked' then return 'revoked-api-key' end
  if key.expires_at ~= '' and tonumber(key.expires_at) <= now_ms then return 'expired-api-key' end
  if key.client_id ~= ARGV[1] then return 'client' end
  local c = redis.call('HMGET', KEYS[2], 'active', 'rate', 'burst')
  if not c[1] then return 'miss' end
  client = { active = c[1], rate = tonumber(c[2]), burst = tonumber(c[3]) }
  if client.active ~= '1' then return 'client-inactive' end
  local held = ',' .. key.scopes .. ','
  if string.find(held, ',admin,', 1, true) then return nil end
  for scope in string.gmatch(ARGV[2], '[^,]+') do
    if string.find(held, ',' .. scope .. ',', 1, true) then return nil end
  end
  return 'insufficient-scope'
end

-- What is left of the limit, and what it would be with this cost; nothing is written.
local function weigh(cost)
  local interval = 1000000 / client.rate
  local tolerance = client.burst * interval
  local tat = tonumber(redis.call('GET', KEYS[3]) or '0')
  if tat < now_us then tat = now_us end
  if tat > now_us + tolerance then tat = now_us + tolerance end
  local after = tat + cost * interval
  -- One microsecond of grace: doubles of this size are a quarter of one apart.
  local fits = after - now_us <= tolerance + 1
  return { fits = fits, after = after, interval = interval, tolerance = tolerance, before = tat,
    wait_ms = math.ceil((after - now_us - tolerance) / 1000) }
end

local function limit_of(weight, tat)
  local left = math.max(0, math.floor((weight.tolerance - (tat - now_us)) / weight.interval + 0.001))
  return client.burst, math.ceil(client.burst / client.rate), left, math.ceil((tat - now_us) / 1000000)
end
`;

/**
 * Looks up a caller; charges nothing.
 *
 * KEYS and ARGV as above.
 * Output: {code or 'ok', client id, key id, prefix, scopes, quota, window s, remaining, reset s}; the limit's four
 * only for a key whose client is known.
 */
export const authorizeScript = script(
  "weirAuthorize",
  `${authorizeLua}
local code = authorize()
if code == 'miss' then return { 'miss' } end
local reply = { code or 'ok', key.client_id or '', key.key_id or '', key.prefix or '', key.scopes or '' }
if client.rate then
  local weight = weigh(0)
  reply[6], reply[7], reply[8], reply[9] = limit_of(weight, weight.before)
end
return reply
`,
);
