import { describe, expect, it } from "vitest";
import type { Evidence } from "../../../chaos/checks/evidence.ts";
import { checkHealth } from "../../../chaos/checks/health.ts";
import { recoveries } from "../../../chaos/checks/recovery.ts";
import type { Made } from "../../../chaos/nemesis.ts";
import type { HealthLook, Probe } from "../../../chaos/watch.ts";
import { fault, fine, stored, taken, violations } from "../../support/evidence.ts";

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

describe("the health check's verdict", () => {
  const judged = (change: (e: Evidence) => void): number => violations(checkHealth, change);
  const during =
    (status: HealthLook["status"], startedAt: number, changes: Partial<Made> = {}, ok = false) =>
    (e: Evidence): void => {
      e.made = [{ ...fault, ...changes }];
      e.seen.health = [look(status, startedAt)];
      e.seen.probes = every(10_000, 14_000).map((at) => probe(ok, at));
    };

  it("faults ok while a server certainly accepts nothing", () => {
    expect(judged(during("ok", 12_000))).toBe(1);
    expect(judged(during("unavailable", 12_000))).toBe(0);
  });

  it("ignores the edges of a fault, and times when the probe's writes succeeded", () => {
    expect(judged(during("ok", 10_050))).toBe(0);
    expect(judged(during("ok", 13_950))).toBe(0);
    expect(judged(during("ok", 12_000, {}, true))).toBe(0);
  });

  it("relies on the proxy alone when the link is cut, since the probe's writes bypass it", () => {
    expect(judged(during("ok", 12_000, { onLink: true }, true))).toBe(1);
  });

  it("faults unavailable for seconds while all is well", () => {
    const well = (status: HealthLook["status"], made: Made) => (e: Evidence) => {
      e.made = [made];
      const accepted = every(30_000, 34_000);
      e.ledger.taken.push(...accepted.map((at) => ({ ...taken, startedAt: at, endedAt: at + 5 })));
      e.seen.health = accepted.map((at) => look(status, at));
      e.seen.probes = every(28_000, 36_000).map((at) => probe(true, at));
    };
    expect(judged(well("unavailable", fault))).toBeGreaterThan(0);
    expect(judged(well("ok", fault))).toBe(0);
    expect(judged(well("unavailable", { ...fault, to: 25_000, healedAt: 25_000 }))).toBe(0);
  });
});

it("the recovery time lasts from the end of a fault to the first 202 and the first stored event", () => {
  const evidence = fine();
  evidence.ledger.taken.push({ ...taken, startedAt: 14_200, endedAt: 14_300 });
  evidence.truth.events.push({ ...stored, id: "e-2", processedAt: 15_000 });
  evidence.made = [fault];
  expect(recoveries(evidence)).toMatchObject([{ name: "freeze-redis", takenMs: 300, storedMs: 1_000 }]);
});
