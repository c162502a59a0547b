/**
 * Faults that are put into the system on purpose are found: chaos can fail. Whether events meet a fault within a short run
 * depends on the machine, so there are three attempts.
 */
import { expect, it } from "vitest";
import { RUN_TIMEOUT_MS, shortRun } from "../support/chaos.ts";

const OPTIONS = { timeout: RUN_TIMEOUT_MS, retry: 2 };

it("finds that ids are marked as seen before their events are queued", OPTIONS, async () => {
  const { violations, text } = await shortRun({
    queue: "sqs",
    seed: 2,
    seconds: 10,
    mutant: "mark-first",
    // Redis marks, and then SQS is away.
    faults: ["kill-sqs"],
  });
  expect(violations.filter((one) => one.includes("lost: ")).length, text).toBeGreaterThan(0);
});

it("finds that messages are acknowledged before they are committed", OPTIONS, async () => {
  const { violations, text } = await shortRun({
    seed: 2,
    seconds: 10,
    mutant: "acknowledge-first",
    // What a worker takes while PostgreSQL is away is acknowledged, and then cannot be stored.
    faults: ["kill-postgres"],
  });
  expect(violations.filter((one) => one.includes("lost: ")).length, text).toBeGreaterThan(0);
});

it("finds that duplicates within a batch are not collapsed", OPTIONS, async () => {
  const { violations, text } = await shortRun({
    queue: "sqs",
    seed: 2,
    seconds: 10,
    mutant: "no-collapse",
    faults: ["postgres-lock"],
  });
  expect(violations.filter((one) => one.includes("doubled: ")).length, text).toBeGreaterThan(0);
});
