/** Schedules of several servers on one Redis. */
import type { Context } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { connectRedis } from "../../../lib/redis/client.ts";
import { type Schedule, startSchedules } from "../../../serve/schedules.ts";
import { atEnd } from "../../support/cleanup.ts";
import { testDeps } from "../../support/servers/deps.ts";
import { freePort } from "../../support/servers/ports.ts";

const { redis, log, config } = await testDeps();
const HOUR_MS = 3_600_000;

interface Run {
  event: { source: string };
  context: Context;
}

/** Starts a server with one schedule. Returns the runs so far. */
function start(schedule: Partial<Schedule> & { name: string }, on = redis) {
  const runs: Run[] = [];
  const schedules = startSchedules({ redis: on, log }, [
    {
      everyMs: HOUR_MS,
      timeoutMs: 10_000,
      run: async (event, context) => {
        runs.push({ event, context });
      },
      ...schedule,
    },
  ]);
  const stop = () => schedules.stop(1_000);
  atEnd(stop);
  return { runs, stop };
}

describe("a schedule", () => {
  it("runs at once, with the event and the context of a scheduled function", async () => {
    const { runs } = start({ name: "first" });
    await expect.poll(() => runs.length).toBe(1);
    expect(runs[0]?.event).toEqual({ source: "aws.events" });
    expect(runs[0]?.context.functionName).toBe("weir-first");
    const remaining = runs[0]?.context.getRemainingTimeInMillis() ?? 0;
    expect(remaining).toBeLessThanOrEqual(10_000);
  });

  it("runs once for each time, whichever of three servers is first", async () => {
    const times = new Map<number, number>();
    const everyMs = 400;
    const run = async (): Promise<void> => {
      const slot = Math.floor(Date.now() / everyMs);
      times.set(slot, (times.get(slot) ?? 0) + 1);
    };
    const servers = [1, 2, 3].map(() => start({ name: "shared", everyMs, run }));
    await expect.poll(() => times.size, { timeout: 45_000 }).toBeGreaterThan(8);
    await Promise.all(servers.map(({ stop }) => stop()));
    // A run that starts late counts for the next time; so the sum is compared, not each.
    const runs = [...times.values()].reduce((sum, count) => sum + count, 0);
    const slots = Math.max(...times.keys()) - Math.min(...times.keys()) + 1;
    expect(runs).toBeLessThanOrEqual(slots + 1);
  });

  it("does not run again when a server restarts within the same hour", async () => {
    const before = start({ name: "restart" });
    await expect.poll(() => before.runs.length).toBe(1);
    await before.stop();
    const after = start({ name: "restart" });
    const other = start({ name: "restart-other" });
    await expect.poll(() => other.runs.length).toBe(1);
    expect(after.runs).toEqual([]);
  });

  it("runs on each server while Redis does not answer", async () => {
    const away = connectRedis({ ...config, redisUrl: `redis://127.0.0.1:${await freePort()}` });
    away.on("error", () => {});
    atEnd(() => away.disconnect());
    const servers = [1, 2].map(() => start({ name: "away" }, away));
    await expect.poll(() => servers.map(({ runs }) => runs.length), { timeout: 45_000 }).toEqual([1, 1]);
  });

  it("retries a failed run as often as it says, and not more", async () => {
    let attempts = 0;
    const run = async (): Promise<void> => {
      attempts++;
      throw new Error("not yet");
    };
    start({ name: "failing", retryMs: [1, 1], run });
    const { runs } = start({ name: "succeeding", retryMs: [1, 1] });
    await expect.poll(() => attempts).toBe(3);
    await expect.poll(() => runs.length).toBe(1);
    expect(attempts).toBe(3);
  });

  it("stops without waiting longer than it may for a run", async () => {
    const begun = Promise.withResolvers<void>();
    const schedules = startSchedules({ redis, log }, [
      {
        name: "endless",
        everyMs: HOUR_MS,
        timeoutMs: 1_000,
        run: () => {
          begun.resolve();
          return new Promise(() => {});
        },
      },
    ]);
    await begun.promise;
    await schedules.stop(50);
  });
});
