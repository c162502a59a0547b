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
import { recoveries } from "../../../chaos/checks/recovery.ts";
import { checkPipeline, checkQuiet, checkReceipts, checkTotals } from "../../../chaos/checks/totals.ts";
import { contentOf, type KnownEvent } from "../../../chaos/events.ts";
import { type Call, Ledger, type Taken } from "../../../chaos/ledger.ts";
import type { Made } from "../../../chaos/nemesis.ts";
import type { Receipt } from "../../../chaos/told.ts";
import type { StoredEvent, Totals } from "../../../chaos/truth.ts";
import type { HealthLook, PipelineLook, Probe } from "../../../chaos/watch.ts";

const event: KnownEvent = {
  id: "e-1",
  type: "login",
  timestamp: "2026-01-01T00:00:00.000Z",
  instant: "2026-01-01T00:00:00.000000",
  payload: '{"n":1.50}',
};
const stored: StoredEvent = { clientId: "c", id: "e-1", content: contentOf(event), processedAt: 5_000 };
const call: Call = { path: "/v1/events", startedAt: 1_000, endedAt: 1_100, status: 202, requestId: "r-1" };
const taken: Taken = { ...call, clientId: "c", receiptId: "r-1", accepted: 1, duplicates: 0 };
const receipt: Receipt = {
  accepted: 1,
  stored: 1,
  duplicates: 0,
  quarantined: 0,
  pending: 0,
  completed_at: "2026-01-01T00:00:00Z",
};
const totals: Totals = {
  clientId: "c",
  rows: 1,
  ledger: 1,
  grain1: 1,
  grain15: 1,
  grain60: 1,
  grain1440: 1,
  quarantine: 0,
  stored: 1,
  duplicates: 0,
  quarantined: 0,
  receiptsAccepted: 1,
  receiptsStored: 1,
  receiptsDuplicates: 0,
  receiptsQuarantined: 0,
};
const fault: Made = {
  name: "freeze-redis",
  target: "redis",
  from: 10_000,
  to: 14_000,
  healedAt: 14_000,
  detail: "",
  denies: "redis",
  onLink: false,
  forgets: false,
  skipped: undefined,
};

/** One event that was sent, accepted, stored and counted; nothing is wrong. */
function fine(): Evidence {
  const ledger = new Ledger();
  ledger.sending("c", [event], 1_000);
  ledger.acknowledged("c", [event], taken);
  ledger.calls.push(call);
  ledger.taken.push(taken);
  const rows = new Map([["r-1", { status: 202, count: 1 }]]);
  return {
    ledger,
    truth: { events: [stored], quarantined: new Set(), totals: [totals] },
    told: {
      counts: new Map([["c", { count: 1, series: 1 }]]),
      receipts: new Map([["r-1", receipt]]),
      pipeline: { ...receipt, queue: { events: 0, dead_letters: 0 }, audit: { missing: 0 } },
      samples: [{ clientId: "c", id: "e-1", text: '{"event_id":"e-1","payload":{"n":1.50}}' }],
      verified: { valid: true },
      health: "ok",
    },
    audit: {
      before: { rows, missing: new Set() },
      after: { rows, missing: new Set() },
      logged: new Set(),
      toldBefore: 0,
    },
    seen: { pipeline: [], health: [], probes: [], pauses: [] },
    made: [],
    losses: [],
    queue: "redis",
    quiet: { reached: true, ms: 10, waiting: 0 },
    deadLetters: 0,
  };
}

const look = (status: HealthLook["status"], startedAt: number): HealthLook => ({
  status,
  startedAt,
  endedAt: startedAt + 20,
  api: 0,
  text: status,
});
const probe = (ok: boolean, startedAt: number): Probe => ({
  server: "redis",
  startedAt,
  endedAt: startedAt + 10,
  ok,
});
const every = (from: number, to: number, stepMs = 250): number[] =>
  Array.from({ length: Math.floor((to - from) / stepMs) }, (_, index) => from + index * stepMs);

describe("the chaos checks find nothing", () => {
  it("if nothing is wrong", () => {
    for (const check of [
      checkLost,
      checkDoubled,
      checkGhosts,
      checkAltered,
      checkQuarantine,
      checkTotals,
      checkReceipts,
      checkPipeline,
      checkQuiet,
      checkAudit,
      checkAnswers,
      checkHealth,
    ])
      expect(check(fine()).violations).toEqual([]);
  });
});

describe("the chaos checks find", () => {
  const found = (check: (evidence: Evidence) => { violations: string[] }, change: (e: Evidence) => void) => {
    const evidence = fine();
    change(evidence);
    return check(evidence).violations;
  };

  it("an acknowledged event that is not stored, unless its loss was declared", () => {
    expect(found(checkLost, ({ truth }) => truth.events.pop())).toHaveLength(1);
    const lose = (e: Evidence, to: number): void => {
      e.truth.events.pop();
      e.losses = [{ name: "redis-flushall", from: 900, to }];
    };
    expect(found(checkLost, (e) => lose(e, 1_500))).toEqual([]);
    expect(found(checkLost, (e) => lose(e, 950))).toHaveLength(1);
  });

  it("an event that is stored twice, one that was never sent, and one with other content", () => {
    expect(found(checkDoubled, ({ truth }) => truth.events.push(stored))).toHaveLength(1);
    expect(found(checkGhosts, ({ truth }) => truth.events.push({ ...stored, id: "e-2" }))).toHaveLength(1);
    const alter = ({ truth }: Evidence): void => {
      truth.events = [{ ...stored, content: stored.content.replace("1.50", "1.5") }];
    };
    expect(found(checkAltered, alter)).toHaveLength(2);
  });

  it("a good event in quarantine", () => {
    expect(found(checkQuarantine, ({ truth }) => truth.quarantined.add("c e-1"))).toHaveLength(1);
  });

  it.each(["ledger", "grain1", "grain15", "grain60", "grain1440", "stored"] as const)(
    "a wrong count: %s",
    (name) => {
      const change = ({ truth }: Evidence): void => {
        truth.totals = [{ ...totals, [name]: 2 }];
      };
      expect(found(checkTotals, change)).toHaveLength(1);
    },
  );

  it("a wrong count of the API", () => {
    expect(found(checkTotals, ({ told }) => told.counts.set("c", { count: 1, series: 0 }))).toHaveLength(1);
  });

  it.each([
    ["missing", undefined],
    ["that does not add up", { ...receipt, stored: 0 }],
    ["that is not complete", { ...receipt, stored: 0, pending: 1, completed_at: null }],
    ["that contradicts its answer", { ...receipt, accepted: 2, stored: 2 }],
  ])("a receipt %s", (_, wrong) => {
    expect(found(checkReceipts, ({ told }) => told.receipts.set("r-1", wrong))).toHaveLength(1);
  });

  it("a pipeline that reports less than is known to wait", () => {
    const says = (pending: number, startedAt: number) => (e: Evidence) => {
      const sum = { accepted: pending, stored: 0, duplicates: 0, quarantined: 0, pending };
      e.seen.pipeline = [
        { ...sum, clientId: null, startedAt, endedAt: startedAt + 10 } satisfies PipelineLook,
      ];
    };
    // Acknowledged at 1.1 s and stored at 5 s.
    expect(found(checkPipeline, says(0, 3_000))).toHaveLength(1);
    expect(found(checkPipeline, says(1, 3_000))).toEqual([]);
    expect(found(checkPipeline, says(0, 4_980))).toEqual([]);
    expect(found(checkPipeline, says(0, 1_090))).toEqual([]);
    expect(found(checkPipeline, says(-1, 6_000))).toHaveLength(1);
  });

  it("a system that does not become idle", () => {
    const restless = (e: Evidence): void => {
      e.quiet = { reached: false, ms: 60_000, waiting: 3 };
      e.deadLetters = 1;
      e.told.pipeline = { ...e.told.pipeline, pending: 1, queue: { events: 1, dead_letters: 0 } };
    };
    expect(found(checkQuiet, restless)).toHaveLength(4);
    const uncertain = (e: Evidence): void => {
      restless(e);
      e.queue = "sqs";
      e.ledger.uncertain = 1;
    };
    expect(found(checkQuiet, uncertain)).toHaveLength(2);
  });

  it("a call without an audit row, with two, or with another status", () => {
    const row = (one: { status: number; count: number } | undefined) => (e: Evidence) => {
      const rows = new Map(one ? [["r-1", one]] : []);
      e.audit = { ...e.audit, after: { rows, missing: new Set() } };
    };
    expect(found(checkAudit, row(undefined))).toHaveLength(1);
    expect(found(checkAudit, row({ status: 202, count: 2 }))).toHaveLength(1);
    expect(found(checkAudit, row({ status: 503, count: 1 }))).toHaveLength(1);
    const unanswered = (e: Evidence): void => {
      row({ status: 429, count: 1 })(e);
      e.ledger.calls[0] = { ...call, status: 503 };
    };
    expect(found(checkAudit, unanswered)).toEqual([]);
  });

  it("a missing row that is in no log, or that the API does not count", () => {
    const missing = (toldBefore: number, logged: string[]) => (e: Evidence) => {
      const before = { ...e.audit.before, missing: new Set(["r-2"]) };
      e.audit = { ...e.audit, before, toldBefore, logged: new Set(logged) };
    };
    expect(found(checkAudit, missing(1, ["r-2"]))).toEqual([]);
    expect(found(checkAudit, missing(1, []))).toHaveLength(1);
    expect(found(checkAudit, missing(0, ["r-2"]))).toHaveLength(1);
  });

  it("an invalid audit", () => {
    const invalid = ({ told }: Evidence): void => {
      told.verified = { valid: false };
    };
    expect(found(checkAudit, invalid)).toHaveLength(1);
  });

  it("a resent event that was refused, unless Redis was made to forget it", () => {
    const conflict = (e: Evidence): void => {
      e.ledger.sending("c", [{ ...event, payload: "{}" }], 1_200);
      e.ledger.conflicted("c", event, 1_300);
    };
    expect(found(checkAnswers, conflict)).toHaveLength(1);
    const forgotten = (e: Evidence): void => {
      conflict(e);
      e.made = [{ ...fault, from: 1_250, forgets: true }];
    };
    expect(found(checkAnswers, forgotten)).toEqual([]);
  });

  it("a conflict without an earlier event", () => {
    expect(found(checkAnswers, ({ ledger }) => ledger.conflicted("c", event, 1_050))).toHaveLength(1);
  });
});

describe("the health check's verdict", () => {
  const judged = (change: (e: Evidence) => void): string[] => {
    const evidence = fine();
    change(evidence);
    return checkHealth(evidence).violations;
  };
  const during =
    (status: HealthLook["status"], startedAt: number, changes: Partial<Made> = {}, ok = false) =>
    (e: Evidence): void => {
      e.made = [{ ...fault, ...changes }];
      e.seen.health = [look(status, startedAt)];
      e.seen.probes = every(10_000, 14_000).map((at) => probe(ok, at));
    };

  it("faults ok while a server certainly accepts nothing", () => {
    expect(judged(during("ok", 12_000))).toHaveLength(1);
    expect(judged(during("unavailable", 12_000))).toEqual([]);
  });

  it("ignores the edges of a fault, and times when the probe's writes succeeded", () => {
    expect(judged(during("ok", 10_050))).toEqual([]);
    expect(judged(during("ok", 13_950))).toEqual([]);
    expect(judged(during("ok", 12_000, {}, true))).toEqual([]);
  });

  it("relies on the proxy alone when the link is cut, since the probe's writes bypass it", () => {
    expect(judged(during("ok", 12_000, { onLink: true }, true))).toHaveLength(1);
  });

  it("faults unavailable for seconds while all is well", () => {
    const well = (status: HealthLook["status"], made: Made[]) => (e: Evidence) => {
      e.made = made;
      e.ledger.taken.push(
        ...every(30_000, 34_000).map((at) => ({ ...taken, startedAt: at, endedAt: at + 5 })),
      );
      e.seen.health = every(30_000, 34_000).map((at) => look(status, at));
      e.seen.probes = every(28_000, 36_000).map((at) => probe(true, at));
    };
    expect(judged(well("unavailable", [fault])).length).toBeGreaterThan(0);
    expect(judged(well("ok", [fault]))).toEqual([]);
    const late = { ...fault, to: 25_000, healedAt: 25_000 };
    expect(judged(well("unavailable", [late]))).toEqual([]);
  });
});

describe("recovery time", () => {
  it("lasts from the end of a fault to the first 202 and the first stored event", () => {
    const evidence = fine();
    evidence.ledger.taken.push({ ...taken, startedAt: 14_200, endedAt: 14_300 });
    evidence.truth.events.push({ ...stored, id: "e-2", processedAt: 15_000 });
    evidence.made = [fault];
    expect(recoveries(evidence)).toMatchObject([{ name: "freeze-redis", takenMs: 300, storedMs: 1_000 }]);
  });
});
