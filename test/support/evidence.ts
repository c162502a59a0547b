/** The evidence of a chaos run in which one event was sent, accepted, stored and counted, and nothing is wrong. */
import type { Evidence } from "../../chaos/checks/evidence.ts";
import { contentOf, type KnownEvent } from "../../chaos/events.ts";
import { type Call, Ledger, type Taken } from "../../chaos/ledger.ts";
import type { Made } from "../../chaos/nemesis.ts";
import type { Receipt } from "../../chaos/told.ts";
import type { StoredEvent, Totals } from "../../chaos/truth.ts";

export const event: KnownEvent = {
  id: "e-1",
  type: "login",
  timestamp: "2026-01-01T00:00:00.000Z",
  instant: "2026-01-01T00:00:00.000000",
  payload: '{"n":1.50}',
};
export const stored: StoredEvent = {
  clientId: "c",
  id: "e-1",
  content: contentOf(event),
  processedAt: 5_000,
};
export const call: Call = {
  path: "/v1/events",
  startedAt: 1_000,
  endedAt: 1_100,
  status: 202,
  requestId: "r-1",
};
export const taken: Taken = { ...call, clientId: "c", receiptId: "r-1", accepted: 1, duplicates: 0 };
const settled = { stored: 1, duplicates: 0, quarantined: 0 };
export const receipt: Receipt = { ...settled, accepted: 1, pending: 0, completed_at: "2026-01-01T00:00:00Z" };
const receipts = { receiptsAccepted: 1, receiptsStored: 1, receiptsDuplicates: 0, receiptsQuarantined: 0 };
const grains = { grain1: 1, grain15: 1, grain60: 1, grain1440: 1 };
export const totals: Totals = {
  ...settled,
  ...receipts,
  ...grains,
  clientId: "c",
  rows: 1,
  ledger: 1,
  quarantine: 0,
};
export const fault: Made = {
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

export function fine(): Evidence {
  const ledger = new Ledger();
  ledger.sending("c", [event], 1_000);
  ledger.acknowledged("c", [event], taken);
  ledger.calls.push(call);
  ledger.taken.push(taken);
  const audit = { rows: new Map([["r-1", { status: 202, count: 1 }]]), missing: new Set<string>() };
  return {
    ledger,
    truth: { events: [stored], quarantined: new Map(), totals: [totals] },
    told: {
      counts: new Map([["c", { count: 1, series: 1 }]]),
      receipts: new Map([["r-1", receipt]]),
      pipeline: { ...receipt, queue: { events: 0, dead_letters: 0 }, audit: { missing: 0 } },
      samples: [{ clientId: "c", id: "e-1", text: '{"event_id":"e-1","payload":{"n":1.50}}' }],
      verified: { valid: true },
      health: "ok",
    },
    audit: { before: audit, after: audit, logged: new Set(), toldBefore: 0 },
    seen: { pipeline: [], health: [], probes: [], pauses: [] },
    made: [],
    losses: [],
    queue: "redis",
    quiet: { reached: true, ms: 10, waiting: 0 },
    deadLetters: 0,
  };
}

/** The number of violations that a check finds in changed evidence. */
export function violations(
  check: (evidence: Evidence) => { violations: string[] },
  change: (evidence: Evidence) => unknown = () => {},
): number {
  const evidence = fine();
  change(evidence);
  return check(evidence).violations.length;
}
