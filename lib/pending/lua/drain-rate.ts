/** Seconds over which the drain rate is averaged: its weight halves about every 21 s. */
const RATE_TIME_CONSTANT_S = 30;

/**
 * The drain rate, in events per second, decayed since it was last written.
 * @param atMs when it was written; `nowMs` must be of the same clock
 */
export const decayedRate = (rate: number, atMs: number, nowMs: number): number =>
  rate * Math.exp(-Math.max(0, nowMs - atMs) / (RATE_TIME_CONSTANT_S * 1_000));

/** Lua function that adds processed events to the drain rate, an exponentially decaying sum. */
export const rateLua = `
local function add_rate(stats, now, events)
  local old = redis.call('HMGET', stats, 'rate', 'rate_at')
  local age_s = math.max(0, now - tonumber(old[2] or now)) / 1000
  local rate = tonumber(old[1] or '0') * math.exp(-age_s / ${RATE_TIME_CONSTANT_S}) + events / ${RATE_TIME_CONSTANT_S}
  redis.call('HSET', stats, 'rate', string.format('%.6f', rate), 'rate_at', string.format('%.0f', now))
end
`;
