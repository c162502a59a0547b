import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { readResults } from "../../../bench/report.ts";
import {
  days,
  pagesTouched,
  randomWalBytes,
  rollupRowsPerSecond,
  type Senders,
  treeLevels,
} from "../../../bench/scale/arithmetic.ts";
import { ceilings } from "../../../bench/scale/ceilings.ts";
import { measuresOf } from "../../../bench/scale/figures.ts";
import { growth } from "../../../bench/scale/growth.ts";
import { bytesAt } from "../../../bench/scale/packed.ts";
import { fillPage, generated, PAGE_FILE, randomPages, sourceOf } from "../../../bench/scale/page.ts";
import { type Inputs, project } from "../../../bench/scale/project.ts";
import { Requests, WORKLOADS } from "../../../bench/scale/workloads.ts";

const DAY_S = 86_400;

describe("the arithmetic of scale", () => {
  it("finds the line of measured sizes, and how far they are from it", () => {
    expect(growth([0, 1, 2, 3], [5, 7, 9, 11])).toEqual({
      marginal: [2, 2, 2],
      slope: 2,
      intercept: 5,
      offLine: 0,
    });
    expect(growth([0, 1, 2], [0, 1, 4]).offLine).toBeCloseTo(1 / 6, 5);
  });

  it("counts a rollup row for each client, type and bucket if there are many events, and one for each event if few", () => {
    const dense = { eventsPerSecond: 100_000, clients: 10, types: 5, perRequest: 100 };
    expect(rollupRowsPerSecond(dense, 60, 1) * 60).toBeCloseTo(50, 6);
    expect(rollupRowsPerSecond(dense, 60, 4) * 60).toBeCloseTo(200, 6);
    expect(rollupRowsPerSecond(dense, 60, 100) * 60).toBeCloseTo(400, 6);
    const sparse = { eventsPerSecond: 0.01, clients: 10_000, types: 1_000, perRequest: 1 };
    expect(rollupRowsPerSecond(sparse, 60, 1)).toBeCloseTo(0.01, 5);
    // Events of one request and type share a row however rare requests are.
    expect(rollupRowsPerSecond({ ...sparse, types: 1, perRequest: 10 }, 60, 1)).toBeCloseTo(0.001, 5);
  });

  it("counts a tree's levels", () => {
    expect([1, 200, 201, 40_000, 40_001].map((entries) => treeLevels(entries, 8_192 / 200))).toEqual([
      1, 1, 2, 2, 3,
    ]);
  });

  it("deletes a week when all of it is past the retention, and never stores more than a week too much", () => {
    const simulated = [...days({ retentionDays: 400, transactionsPerDay: 1e6, freezeAge: 2e8 }, 430)];
    const at = (day: number) => simulated[day - 1];
    expect(at(365)).toMatchObject({
      storedDays: 365,
      freezes: 1,
      transactions: 365e6,
      transactionAge: 165e6,
    });
    expect(at(406)).toMatchObject({ storedDays: 406, deletedDays: 0 });
    expect(at(407)).toMatchObject({ storedDays: 400, deletedDays: 7 });
    expect(Math.max(...simulated.map((day) => day.storedDays))).toBe(406);
  });

  it("has random ids write a page each, once the index is much larger than what a checkpoint sees", () => {
    expect(pagesTouched(1e9, 1_000)).toBeCloseTo(1_000, 0);
    expect(pagesTouched(10, 1_000)).toBeCloseTo(10, 5);
    const wal = { base: 500, page: 5_000, eventsPerSecond: 1_000, maxWal: 4e9, timeoutS: 300 };
    expect(randomWalBytes({ ...wal, pages: 1e9 })).toBeCloseTo(5_500, -1);
    expect(randomWalBytes({ ...wal, pages: 10 })).toBeCloseTo(500, 0);
  });
});

describe("the workloads", () => {
  it("send what they say", () => {
    const { many } = WORKLOADS;
    const requests = new Requests(many, 20_000);
    const bodies = Array.from({ length: 1_000 }, () => requests.next());
    const events = bodies.flatMap(({ body }) => (JSON.parse(body) as { events: Sent[] }).events);
    expect(events).toHaveLength(20_000);
    expect(new Set(events.map((event) => event.event_id)).size).toBe(20_000);
    expect(new Set(events.map((event) => event.event_type)).size).toBe(many.types);
    expect(bodies.every(({ client }) => client >= 0 && client < many.clients)).toBe(true);
    const times = events.map((event) => Date.parse(event.timestamp));
    // 20,000 events at 1,000 a second.
    expect(Math.max(...times) - Math.min(...times)).toBeCloseTo(20_000 - 20, -2);
  });
});

interface Sent {
  event_id: string;
  event_type: string;
  timestamp: string;
}

describe("the bytes of a packed day", () => {
  const measured = [100, 200, 600, 1_000, 1_200];

  it("are the measured ones, those between by the logarithm of the number of events, and beyond as at the end", () => {
    expect([1, 10, 10_000].map((events) => bytesAt(events, measured))).toEqual([100, 200, 1_200]);
    expect(bytesAt(10 ** 1.5, measured)).toBeCloseTo(400, 6);
    expect([0.5, 1e9].map((events) => bytesAt(events, measured))).toEqual([100, 1_200]);
  });
});

describe("the projection", async () => {
  const results = await readResults();
  const source = sourceOf(results);
  const inputs = (eventsPerSecond: number): Inputs => ({
    senders: { eventsPerSecond, clients: 1, types: 5, perRequest: 100 },
    measures: measuresOf(results, "few"),
    ...source,
  });

  it("stores the measured bytes of each event", () => {
    const { yearBytes, bytes, peakDays } = project(inputs(1_000));
    const { bytes: each, typeIndexBytes } = measuresOf(results, "few");
    const events = 1_000 * 365 * DAY_S;
    expect(bytes.ledger).toBeCloseTo(each.ledger * events, -6);
    const withoutRollups = Object.values(each).reduce((sum, one) => sum + one, typeIndexBytes) * events;
    expect(yearBytes - bytes.rollups - bytes["packed days"]).toBeCloseTo(withoutRollups, -6);
    expect(bytes.rollups + bytes["packed days"]).toBeLessThan(withoutRollups / 50);
    expect(peakDays).toBe(407);
  });

  it.each(["few", "many", "sparse"] as const)("counts the rollup rows that %s has stored", (workload) => {
    const measured = results.scale?.figures[`${workload}: rows of rollups_minute`]?.values[0] ?? Number.NaN;
    const senders: Senders = WORKLOADS[workload];
    const computed = rollupRowsPerSecond(senders, 60, 1) / senders.eventsPerSecond;
    // Measured over a few minutes, of which the first and the last are not full.
    expect(computed / measured).toBeGreaterThan(0.9);
    expect(computed / measured).toBeLessThan(1.1);
  });

  it("finds the WAL of random ids that the part Ids has measured with ten million events", () => {
    const [row] = results.ids?.tables[0]?.rows.slice(1, 2) ?? [];
    const cell = (n: number): number => Number((row?.at(n) ?? "").replace(/ .*/, "").replaceAll(",", ""));
    const { base, page } = randomPages(results);
    // A repeat of the part stores 40,000 events, after a checkpoint.
    const pages = (cell(-1) * 10_000_000) / 8_192;
    const computed = base + (pagesTouched(pages, 40_000) * page) / 40_000;
    expect(computed / cell(3)).toBeGreaterThan(0.75);
    expect(computed / cell(3)).toBeLessThan(1.25);
  });

  it("grows with the rate, except what does not", () => {
    const [small, large] = [project(inputs(1_000)), project(inputs(100_000))];
    expect(large.bytes.events / small.bytes.events).toBeCloseTo(100, 5);
    expect(large.walBytesPerDay / small.walBytesPerDay).toBeCloseTo(100, 5);
    expect(large.bytes.rollups / small.bytes.rollups).toBeLessThan(10);
    expect(large.ledgerLevels).toBeGreaterThanOrEqual(small.ledgerLevels);
    expect(large.outageS).toBeLessThan(small.outageS);
  });

  it("has no price beyond those that are known", () => {
    const { dollars } = project(inputs(100_000));
    expect(dollars.storage).toBeUndefined();
    expect(project(inputs(1_000)).dollars.storage).toBeGreaterThan(0);
  });

  it("says what the connection budget says", () => {
    expect(project(inputs(1_000)).faults).toEqual([]);
    const single = { ...inputs(1_000_000), measures: measuresOf(results, "single") };
    single.senders.perRequest = 1;
    const { connections, faults } = project(single);
    expect(connections).toBeGreaterThan(source.settings.databaseMaxConnections);
    expect(faults.join(" ")).toContain(`may open ${connections} connections`);
  });

  it("gives at the rate at which the projection reaches the limit", () => {
    const found = ceilings(inputs(1_000), String);
    const rate = (what: string): number =>
      found.find((ceiling) => ceiling.what.includes(what))?.eventsPerSecond ?? Number.NaN;
    const atLedger = project(inputs(rate("ledger")));
    expect((atLedger.bytes.ledger / 365) * atLedger.peakDays).toBeCloseTo(32 * 2 ** 40, -9);
    expect(project(inputs(rate("two vCPUs"))).postgresCores).toBeCloseTo(2, 5);
    expect(project(inputs(rate("index by type"))).typeIndexS).toBeCloseTo(86_400, 5);
  });

  it("is what docs/scale.md shows", async () => {
    const page = await readFile(PAGE_FILE, "utf8");
    expect(fillPage(page, generated(source)), "run `npm run docs:scale`").toBe(page);
    expect(() => fillPage("", { first: "" })).toThrow("first");
  });
});
