/**
 * Faults that are put into the system on purpose are found: chaos can fail. Whether events meet a fault within a short run
 * depends on the machine, so there are three attempts.
 */
import { expect, it } from "vitest";
import { RUN_TIMEOUT_MS, shortRun } from "../support/chaos.ts";

it.each([
  // Redis marks the ids, and then SQS is unreachable.
  ["ids are marked as seen before their events are queued", "sqs", "mark-first", "kill-sqs", "lost: "],
  // What a worker receives while PostgreSQL is down is acknowledged, and then can't be stored.
  [
    "messages are acknowledged before they are committed",
    "redis",
    "acknowledge-first",
    "kill-postgres",
    "lost: ",
  ],
  ["duplicates within a batch are not collapsed", "sqs", "no-collapse", "postgres-lock", "doubled: "],
] as const)(
  "finds that %s",
  { timeout: RUN_TIMEOUT_MS, retry: 2 },
  async (_, queue, mutant, fault, found) => {
    const { violations, text } = await shortRun({ queue, seed: 2, seconds: 10, mutant, faults: [fault] });
    expect(violations.filter((one) => one.includes(found)).length, text).toBeGreaterThan(0);
  },
);
