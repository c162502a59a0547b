/** Queries on meters while their days are packed, and what they read. */
import { expect, test } from "vitest";
import * as contract from "../../../lib/analytics/contract.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { announcePacking, packOver } from "../../../lib/maintenance/packing.ts";
import { lockMeters } from "../../../lib/meters/sql/fill-meter.ts";
import { isLocked, newSteps } from "../../../lib/postgres/lock-retry.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import { eraseUser } from "../../support/erasures.ts";
import { askerOf } from "../../support/http/reading.ts";
import { workAt } from "../../support/maintenance.ts";
import {
  declareSum,
  eventAt,
  expectMeters,
  fillAll,
  NOW,
  packAt,
  packedMeters,
  TODAY,
} from "../../support/meters.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { sql } = deps;
const ask = await askerOf(deps, "shop");
const iso = (ms: number): string => new Date(ms).toISOString();

/** Counts of a meter over all its days, over full days, and over ranges that cut days. */
const RANGES = [
  {},
  { start: iso(TODAY - 4 * DAY_MS), end: iso(TODAY - DAY_MS) },
  { start: iso(TODAY - 3 * DAY_MS + 5_400_000), end: iso(TODAY - DAY_MS + 900_000) },
  { start: iso(TODAY - 2 * DAY_MS + 1), end: iso(TODAY - DAY_MS - 1) },
];
const countsOf = (query: object) =>
  Promise.all(
    RANGES.map(async (range) =>
      Number((await ask(contract.countEvents, { query: { ...query, ...range } })).body.count),
    ),
  );

test("readers count each event once while days are packed and unpacked", { timeout: 120_000 }, async () => {
  await declareSum(deps, "busy", ["set", "user"]);
  await fillAll(deps, 1_000);
  const some = () =>
    Array.from({ length: 600 }, (_, n) =>
      eventAt(TODAY - 1 - Math.floor(Math.random() * 4 * DAY_MS), { n, set: n % 5, user: `reader-${n % 3}` }),
    );
  const first = some();
  await workAt(deps, "shop", NOW, first);
  const expected = await countsOf({ event_type: "type-0" });
  // Announced before the readers begin, as a minute before in production.
  const steps = newSteps(sql, { pace: { pauseMs: 5, attempts: 100 } });
  await announcePacking(steps, NOW);
  let ended = false;
  let asked = 0;
  const reading = async (): Promise<void> => {
    while (!ended) {
      expect(await countsOf({ meter: "busy" })).toEqual(expected);
      asked++;
    }
  };
  const packing = async (): Promise<void> => {
    for (let user = 0; user < 3; user++) {
      await packOver(steps, 0, () => {});
      // Rebuilds what it concerns from the events, and changes no count.
      await eraseUser(deps, "shop", "payload.user", `reader-${user}`);
      await workAt(deps, "shop", NOW, first.slice(user * 200, user * 200 + 200));
    }
    await packOver(steps, 0, () => {});
  };
  await Promise.all([
    reading(),
    reading(),
    packing().finally(() => {
      ended = true;
    }),
  ]);
  expect(asked).toBeGreaterThan(10);
  expect(await packedMeters(deps)).toMatchObject({ loose: 0, coarse: 0 });
  await expectMeters(deps);
});

test("packed days and the quarters beside them are both read", async () => {
  // Only one meter, whose rollups are counted below.
  await sql`UPDATE meters SET deleted_at = clock_timestamp()`;
  await declareSum(deps, "both", ["set"]);
  await fillAll(deps, 1_000);
  const before = await countsOf({ meter: "both" });
  const midday = TODAY - 2 * DAY_MS + DAY_MS / 2;
  await workAt(deps, "shop", NOW, [
    eventAt(midday, { n: 1e6, set: 0 }),
    eventAt(TODAY - DAY_MS - 3, { n: -1e6, set: 1 }),
  ]);
  await packAt(deps, NOW);
  const packed = await packedMeters(deps);
  expect(packed).toMatchObject({ loose: 0, coarse: 0 });
  expect(packed.packed).toBeGreaterThan(2);
  await workAt(deps, "shop", NOW, [eventAt(midday + 60_000, { n: 2e6, set: 0 })]);
  expect(await packedMeters(deps)).toEqual({ ...packed, loose: 1 });
  expect(await countsOf({ meter: "both" })).toEqual(before.map((count) => count + 3));
  const query = {
    meter: "both",
    start: iso(midday - 3_600_000),
    end: iso(midday + 3_600_000),
    measure: "max",
  };
  expect((await ask(contract.countEvents, { query })).body).toMatchObject({
    value: "2000000",
    source: "rollup",
  });
  const day = { ...query, start: iso(TODAY - 2 * DAY_MS), end: iso(TODAY - DAY_MS) };
  expect((await ask(contract.countEvents, { query: { ...day, measure: "min" } })).body.value).toBe(
    "-1000000",
  );
  expect((await ask(contract.countEvents, { query: { ...day, measure: "latest" } })).body.value).toBe(
    "-1000000",
  );
});

test("a meter that an erasure has locked is packed afterwards", async () => {
  await packAt(deps, NOW);
  await workAt(deps, "shop", NOW, [eventAt(TODAY - DAY_MS, { n: 1, set: 0 })]);
  const steps = newSteps(sql, { pace: { lockTimeoutMs: 50, attempts: 1 } });
  await transaction(sql, async (tx) => {
    await lockMeters(tx, "shop");
    await expect(packOver(steps, 0, () => {})).rejects.toSatisfy(isLocked);
  });
  expect(await packedMeters(deps)).toMatchObject({ loose: 1 });
  await packOver(steps, 0, () => {});
  expect(await packedMeters(deps)).toMatchObject({ loose: 0 });
  await expectMeters(deps);
});
