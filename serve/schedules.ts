/**
 * Runs functions on a schedule, as EventBridge does on AWS. Of several servers, the one that claims a time in Redis runs the
 * function.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { Context } from "aws-lambda";
import type { Log } from "../lib/base/log.ts";
import { claim } from "../lib/redis/claim.ts";
import type { RedisConnection } from "../lib/redis/connection.ts";
import { contextOf } from "./event.ts";

export interface Schedule {
  /** The function's name. */
  name: string;
  /** Milliseconds between two runs. Runs start at multiples of it since the Unix epoch, and one at the start. */
  everyMs: number;
  /** Milliseconds that a run has. */
  timeoutMs: number;
  /** Milliseconds to wait before each retry of a failed run; by default it is not retried. */
  retryMs?: readonly number[];
  run: (event: { source: string }, context: Context) => Promise<unknown>;
}

export interface Schedules {
  /** Starts no more runs, and waits for running ones at most this long, in milliseconds. */
  stop(withinMs: number): Promise<void>;
}

/** Servers start runs within this time of each other, so that they don't all ask Redis at once, in milliseconds. */
const SPREAD_MS = 500;

/** The first runs start at once, unless another server has claimed the current time. */
export function startSchedules(
  { redis, log }: { redis: RedisConnection; log: Log },
  schedules: readonly Schedule[],
): Schedules {
  const stopping = new AbortController();
  const { signal } = stopping;
  const pause = (ms: number): Promise<unknown> => sleep(ms, undefined, { signal }).catch(() => {});
  const loops = schedules.map(async (schedule) => {
    const { everyMs } = schedule;
    while (!signal.aborted) {
      const slot = Math.floor(Date.now() / everyMs);
      if (await isOurs(schedule, slot)) await runWithRetries(schedule);
      const left = (Math.floor(Date.now() / everyMs) + 1) * everyMs - Date.now();
      await pause(left + Math.random() * Math.min(SPREAD_MS, everyMs / 10));
    }
  });

  async function isOurs({ name, everyMs }: Schedule, slot: number): Promise<boolean> {
    try {
      return await claim(redis, `schedule:${name}:${slot}`, 2 * everyMs);
    } catch (error) {
      // A check of the servers' health is most useful while one of them is down, and each function tolerates a second run.
      log.warn("schedule-not-claimed", { schedule: name, error: error as Error });
      return true;
    }
  }

  async function runWithRetries({ name, run, timeoutMs, retryMs = [] }: Schedule): Promise<void> {
    for (const waitMs of [...retryMs, undefined]) {
      try {
        await run({ source: "aws.events" }, contextOf(name, timeoutMs));
        return;
      } catch (error) {
        log.error("schedule-failed", { schedule: name, error: error as Error });
      }
      if (waitMs === undefined || signal.aborted) return;
      await pause(waitMs);
      if (signal.aborted) return;
    }
  }

  return {
    stop: async (withinMs) => {
      stopping.abort();
      const late = new AbortController();
      await Promise.race([
        Promise.allSettled(loops),
        sleep(withinMs, undefined, { signal: late.signal }).catch(() => {}),
      ]);
      late.abort();
    },
  };
}
