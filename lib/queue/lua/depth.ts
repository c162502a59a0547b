import { decayedRate } from "../../pending/lua/drain-rate.ts";
import { script } from "../../redis/script.ts";

/**
 * Depth of a shard's queue, read atomically and by the server's clock.
 *
 * KEYS  1 queue stream, 2 dead-letter stream, 3 stats
 * Output {messages, dead letters, id of the oldest message or '', events, drain rate, time of the rate (ms), now (ms)};
 *        events, rate and its time are false if unset
 */
export const depthScript = script(
  "weirDepth",
  `
local queue, dead, stats_key = KEYS[1], KEYS[2], KEYS[3]
local oldest = redis.call('XRANGE', queue, '-', '+', 'COUNT', 1)[1]
local stats = redis.call('HMGET', stats_key, 'events', 'rate', 'rate_at')
local time = redis.call('TIME')
return { redis.call('XLEN', queue), redis.call('XLEN', dead), oldest and oldest[1] or '',
  stats[1], stats[2], stats[3], time[1] * 1000 + math.floor(time[2] / 1000) }
`,
);

/** Parses the reply of `depthScript`. */
export function toDepth(reply: unknown): {
  messages: number;
  events: number;
  oldestAgeMs: number;
  drainPerSecond: number;
  deadLetters: number;
  lostMs: number;
} {
  const [messages, deadLetters, oldest, events, rate, rateAt, now] = reply as [
    number,
    number,
    string,
    ...(string | number | null)[],
  ];
  const nowMs = Number(now);
  return {
    messages,
    events: Math.max(0, Number(events ?? 0)),
    oldestAgeMs: oldest === "" ? 0 : Math.max(0, nowMs - entryTime(oldest)),
    drainPerSecond: decayedRate(Number(rate ?? 0), Number(rateAt ?? nowMs), nowMs),
    deadLetters,
    // The stream and its counts are lost or kept together.
    lostMs: -1,
  };
}

/** A stream entry's id begins with its time of arrival in milliseconds. */
export const entryTime = (id: string): number => Number(id.slice(0, id.indexOf("-")));
