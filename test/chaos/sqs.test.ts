import { expect, it } from "vitest";
import { RUN_TIMEOUT_MS, shortRun } from "../support/chaos.ts";

/** Faults that are over soon, of every kind; the seed's plan has room for most of them. */
const FAULTS = [
  "kill-worker",
  "kill-sqs",
  "kill-redis",
  "freeze-sqs",
  "redis-flushall",
  "redis-forget-ids",
  "redis-readonly",
  "postgres-lock",
  "postgres-read-only",
  "deliver-twice",
  "cut-sqs",
  "cut-redis",
  "cut-postgres",
  "reset-sqs",
];

it(
  "on SQS nothing is lost, doubled, altered or misreported, whatever fails",
  async () => {
    const { violations, made, report, text } = await shortRun({
      queue: "sqs",
      seed: 2766,
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
