import { describe, expect, it } from "vitest";
import { checkAnswers, checkAudit } from "../../../chaos/checks/audit.ts";
import {
  checkAltered,
  checkDoubled,
  checkGhosts,
  checkLost,
  checkQuarantine,
} from "../../../chaos/checks/events.ts";
import type { Evidence } from "../../../chaos/checks/evidence.ts";
import { checkHealth } from "../../../chaos/checks/health.ts";
import { checkPipeline, checkQuiet, checkReceipts, checkTotals } from "../../../chaos/checks/totals.ts";
import type { PipelineLook } from "../../../chaos/watch.ts";
import { call, event, fault, receipt, stored, totals, violations } from "../../support/evidence.ts";

type Check = Parameters<typeof violations>[0];
type Change = (evidence: Evidence) => unknown;

const lose =
  (to: number): Change =>
  (e) => {
    e.truth.events.pop();
    e.losses = [{ name: "redis-flushall", from: 900, to }];
  };

/** @param startedAt the event is acknowledged at 1.1 s and stored at 5 s */
const pipelineSays =
  (pending: number, startedAt: number): Change =>
  ({ seen }) => {
    const sum = { accepted: pending, stored: 0, duplicates: 0, quarantined: 0, pending };
    const look: PipelineLook = { ...sum, clientId: null, startedAt, endedAt: startedAt + 10 };
    seen.pipeline = [look];
  };

const restless: Change = (e) => {
  e.quiet = { reached: false, ms: 60_000, waiting: 3 };
  e.deadLetters = 1;
  e.told.pipeline = { ...e.told.pipeline, pending: 1, queue: { events: 1, dead_letters: 0 } };
};

const auditRow =
  (row: { status: number; count: number } | undefined): Change =>
  (e) => {
    const rows = new Map(row ? [["r-1", row]] : []);
    e.audit = { ...e.audit, after: { rows, missing: new Set() } };
  };

const missingRow =
  (toldBefore: number, logged: string[]): Change =>
  (e) => {
    const before = { ...e.audit.before, missing: new Set(["r-2"]) };
    e.audit = { ...e.audit, before, toldBefore, logged: new Set(logged) };
  };

const conflict: Change = ({ ledger }) => {
  ledger.sending("c", [{ ...event, payload: "{}" }], 1_200);
  ledger.conflicted("c", event, 1_300);
};

it("the chaos checks find nothing if nothing is wrong", () => {
  for (const check of [
    ...[checkLost, checkDoubled, checkGhosts, checkAltered, checkQuarantine],
    ...[checkTotals, checkReceipts, checkPipeline, checkQuiet, checkAudit, checkAnswers, checkHealth],
  ])
    expect(violations(check)).toBe(0);
});

describe("the chaos checks find", () => {
  it.each<[string, Check, Change, number]>([
    ["an acknowledged event that is not stored", checkLost, ({ truth }) => truth.events.pop(), 1],
    ["none that was declared lost", checkLost, lose(1_500), 0],
    ["one that was not yet sent when the loss ended", checkLost, lose(950), 1],
    ["an event that is stored twice", checkDoubled, ({ truth }) => truth.events.push(stored), 1],
    [
      "an event that was never sent",
      checkGhosts,
      ({ truth }) => truth.events.push({ ...stored, id: "e-2" }),
      1,
    ],
    [
      "an event with other content",
      checkAltered,
      ({ truth }) => {
        truth.events = [{ ...stored, content: stored.content.replace("1.50", "1.5") }];
      },
      2,
    ],
    [
      "a good event in quarantine",
      checkQuarantine,
      ({ truth }) => truth.quarantined.set("c e-1", "23514 check"),
      1,
    ],
    ["a wrong count of the API", checkTotals, ({ told }) => told.counts.set("c", { count: 1, series: 0 }), 1],
    ["a pipeline that reports less than is known to wait", checkPipeline, pipelineSays(0, 3_000), 1],
    ["no fault in the correct number", checkPipeline, pipelineSays(1, 3_000), 0],
    ["no fault while an event may be stored already", checkPipeline, pipelineSays(0, 4_980), 0],
    ["no fault before an event is acknowledged", checkPipeline, pipelineSays(0, 1_090), 0],
    ["a negative number of pending events", checkPipeline, pipelineSays(-1, 6_000), 1],
    ["a system that does not become idle", checkQuiet, restless, 4],
    [
      "less if requests to SQS had no certain outcome",
      checkQuiet,
      (e) => {
        restless(e);
        e.queue = "sqs";
        e.ledger.uncertain = 1;
      },
      2,
    ],
    ["a call without an audit row", checkAudit, auditRow(undefined), 1],
    ["a call with two audit rows", checkAudit, auditRow({ status: 202, count: 2 }), 1],
    ["an audit row with another status", checkAudit, auditRow({ status: 503, count: 1 }), 1],
    [
      "no fault in another status if the caller got a 503",
      checkAudit,
      (e) => {
        auditRow({ status: 429, count: 1 })(e);
        e.ledger.calls[0] = { ...call, status: 503 };
      },
      0,
    ],
    ["no fault in a missing row that is logged and counted", checkAudit, missingRow(1, ["r-2"]), 0],
    ["a missing row that is in no log", checkAudit, missingRow(1, []), 1],
    ["a missing row that the API does not count", checkAudit, missingRow(0, ["r-2"]), 1],
    [
      "an invalid audit",
      checkAudit,
      ({ told }) => {
        told.verified = { valid: false };
      },
      1,
    ],
    ["a resent event that was refused", checkAnswers, conflict, 1],
    [
      "no such event if Redis was made to forget it",
      checkAnswers,
      (e) => {
        conflict(e);
        e.made = [{ ...fault, from: 1_250, forgets: true }];
      },
      0,
    ],
    [
      "a conflict without an earlier event",
      checkAnswers,
      ({ ledger }) => ledger.conflicted("c", event, 1_050),
      1,
    ],
  ])("%s", (_, check, change, found) => {
    expect(violations(check, change)).toBe(found);
  });

  it.each(["ledger", "grain1", "grain15", "grain60", "grain1440", "stored"] as const)(
    "a wrong count: %s",
    (name) => {
      const change: Change = ({ truth }) => {
        truth.totals = [{ ...totals, [name]: 2 }];
      };
      expect(violations(checkTotals, change)).toBe(1);
    },
  );

  it.each([
    ["missing", undefined],
    ["that does not add up", { ...receipt, stored: 0 }],
    ["that is not complete", { ...receipt, stored: 0, pending: 1, completed_at: null }],
    ["that contradicts its answer", { ...receipt, accepted: 2, stored: 2 }],
  ])("a receipt %s", (_, wrong) => {
    expect(violations(checkReceipts, ({ told }) => told.receipts.set("r-1", wrong))).toBe(1);
  });
});
