import { expect, it } from "vitest";
import { RUN_TIMEOUT_MS, shortRun } from "../support/chaos.ts";

/** Faults that are over soon, of every kind; the seed's plan has room for most of them. */
const FAULTS = [
  "kill-worker",
  "kill-backend",
  "kill-api",
  "freeze-worker",
  "redis-power-loss",
  "redis-group-destroyed",
  "redis-claim-away",
  "redis-script-flush",
  "redis-forget-ids",
  "redis-oom",
  "postgres-lock",
  "postgres-terminate",
  "deliver-twice",
  "cut-redis",
  "cut-api",
  "reset-postgres",
];

it(
  "on Redis nothing is lost, doubled, altered or misreported, whatever fails",
  async () => {
    const { violations, made, report, text } = await shortRun({
      queue: "redis",
      seed: 2970,
      seconds: 25,
      faults: FAULTS,
    });
    expect(violations, text).toEqual([]);
    // How much happens depends on the machine; the run must not have been idle.
    expect(made.length, text).toBeGreaterThanOrEqual(4);
    expect(report.events, text).toBeGreaterThan(50);
  },
  RUN_TIMEOUT_MS,
);
