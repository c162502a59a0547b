/** Declaring, asking and deleting meters. */
import { setTimeout as sleep } from "node:timers/promises";
import { beforeAll, describe, expect, test } from "vitest";
import * as analytics from "../../../lib/analytics/contract.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import * as contract from "../../../lib/meters/contract.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { expectOnlyFault, expectProblem } from "../../support/http/problems.ts";
import { askerOf } from "../../support/http/reading.ts";
import { runAt, simulatedEvent, workAt } from "../../support/maintenance.ts";
import { declare, declareOnly, expectMeters, fillAll } from "../../support/meters.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { sql } = deps;
const shop = await askerOf(deps, "shop");
const admin = await askerOf(deps, "boss", ["admin"]);
const NOW = Date.now();
const dimension = (name: string) => ({ name, property: `payload.${name}` });
const aMeter = (name: string) => ({ client_id: "shop", name, event_type: "sold" });

/** Stores an event of the type `type-0`, see workAt. */
const store = (payload: string, at = NOW - DAY_MS) =>
  workAt(deps, "shop", NOW, [{ ...simulatedEvent(Math.floor(at / 3) * 3), payload }]);

describe("a meter", () => {
  beforeAll(async () => {
    const meter = { ...aMeter("dims"), event_type: "type-0", value: "payload.n" };
    await declare(deps, {
      ...meter,
      dimensions: [dimension("a"), { name: "b", property: "payload.deep[0].b" }],
    });
    for (const a of ['"x"', "null", "1.0", '{"k":1.50}', `"${"y".repeat(199)}"`, `"${"y".repeat(198)}"`])
      await store(`{"n":1.25,"a":${a},"deep":[{"b":true}]}`);
    await store('{"n":3}');
    await store('{"n":"none","a":"x"}');
  });

  test("groups by its dimensions, with values as they were sent", async () => {
    const query = { meter: "dims", by: "a", measure: "sum", order: "name" };
    const { body, text } = await shop(analytics.groupEvents, { query });
    const one = { count: 1, value: "1.25", numbers: 1, not_numbers: 0 };
    expect(body.groups).toEqual([
      { dimensions: {}, count: 1, value: "3", numbers: 1, not_numbers: 0 },
      { dimensions: { a: "x" }, count: 2, value: "1.25", numbers: 1, not_numbers: 1 },
      { dimensions: { a: "y".repeat(198) }, ...one },
      { dimensions: { a: 1 }, ...one },
      { dimensions: { a: null }, ...one },
      { dimensions: { a: { k: 1.5 } }, ...one },
      { dimensions: {}, too_long: ["a"], ...one },
    ]);
    expect(text).toContain('{"dimensions":{"a":1.0},');
    expect(text).toContain('{"dimensions":{"a":{"k":1.50}},');
    const both = await shop(analytics.groupEvents, {
      query: { ...query, by: "b,a", limit: "1", order: "most" },
    });
    expect(both.body.groups).toEqual([{ dimensions: {}, count: 1, value: "3", numbers: 1, not_numbers: 0 }]);
  });

  test.each([
    ["payload.a=x", 2], ["payload.a", 7], ["!payload.a", 1], ["payload.a=1", 1], ["payload.a>0", 1], ["payload.a=null", 1],
    ["payload.a!=x", 6], ["payload.deep[0].b=true", 6], [`payload.a=${"y".repeat(198)}`, 1], [`payload.a=${"y".repeat(199)}`, 0],
  ])("takes the condition %s", async (where, count) => {
    const asked = async (range: object) =>
      (await shop(analytics.countEvents, { query: { meter: "dims", where, ...range } })).body;
    expect(await asked({})).toMatchObject({ count, source: "rollup" });
    // The same from the events, within a quarter of an hour.
    const at = new Date(Math.floor((NOW - DAY_MS) / 3) * 3);
    const raw = { start: at.toISOString(), end: new Date(at.getTime() + 1).toISOString() };
    expect(await asked(raw)).toMatchObject({ count, source: "raw" });
  }); // biome-ignore format: one condition after the other

  test.each([
    [{ event_type: "type-0" }, "event_type"],
    [{ measure: "sum", property: "payload.n" }, "property"],
    [{ where: "payload.n=1" }, "where"],
    [{ where: "payload.a.k=1" }, "where"],
    [{ meter: "No" }, "meter"],
  ])("is not asked with %j", async (more, parameter) => {
    const answer = await shop(analytics.countEvents, { query: { meter: "dims", ...more } });
    expectOnlyFault(answer, 400, "invalid-parameter", parameter);
  });

  test("is not grouped by what it does not have, and counts only if it has no value", async () => {
    const by = await shop(analytics.groupEvents, { query: { meter: "dims", by: "client" } });
    expectOnlyFault(by, 400, "invalid-parameter", "by");
    await declare(deps, { ...aMeter("plain"), event_type: "type-0" });
    const measured = await shop(analytics.countEvents, { query: { meter: "plain", measure: "sum" } });
    expectOnlyFault(measured, 400, "invalid-parameter", "measure");
    const { body } = await shop(analytics.countEvents, { query: { meter: "plain" } });
    expect(body).toMatchObject({ count: 8, meter: { name: "plain", state: "complete" } });
    expect(body).not.toHaveProperty("value");
  });

  test("belongs to a client", async () => {
    const other = await askerOf(deps, "other");
    expectProblem(await other(contract.getMeter, { params: { meter: "dims" } }), 404, "not-found");
    const query = { client: "shop" };
    expectProblem(
      await other(contract.getMeter, { params: { meter: "dims" }, query }),
      403,
      "insufficient-scope",
    );
    expect((await admin(contract.getMeter, { params: { meter: "dims" }, query })).body.name).toBe("dims");
    expect((await other(contract.listMeters)).body.meters).toEqual([]);
    const first = (await admin(contract.listMeters, { query: { limit: "1" } })).body;
    expect(first.meters).toMatchObject([{ name: "dims" }]);
    const cursor = String(first.next_cursor);
    expect((await admin(contract.listMeters, { query: { cursor } })).body.meters).toMatchObject([
      { name: "plain" },
    ]);
  });
});

describe("declaring", () => {
  test("refuses what is invalid, a name that is taken, and more than 20", async () => {
    const refused = (meter: object) => expect(declare(deps, { ...aMeter("bad"), ...meter })).rejects;
    await refused({ value: "amount" }).toMatchObject({ code: "invalid-body" });
    await refused({ dimensions: [dimension("a"), dimension("a")] }).toMatchObject({ code: "invalid-body" });
    await refused({ dimensions: [{ name: "a", property: "payload." }] }).toMatchObject({
      code: "invalid-body",
    });
    await refused({ client_id: "nobody" }).toMatchObject({ code: "not-found" });
    await refused({ name: "dims" }).toMatchObject({ code: "conflict" });
    await addClient(deps, "many");
    const names = Array.from({ length: 21 }, (_, n) => `m${n}`);
    const results = await Promise.allSettled(
      names.map((name) => declare(deps, { client_id: "many", name, event_type: "e" })),
    );
    expect(results.filter(({ status }) => status === "fulfilled")).toHaveLength(20);
  });

  test("waits for a transaction that stores events and does not know the meter", async () => {
    const rows = Array.from({ length: 5 }, () => anEventRow({ clientId: "shop", eventType: "slow" }));
    let filling: Promise<void> = Promise.resolve();
    await transaction(sql, async (tx) => {
      await storeEvents(tx, rows);
      await declareOnly(deps, { ...aMeter("slow"), event_type: "slow" });
      filling = fillAll(deps, 100);
      await sleep(300);
      const { body } = await shop(analytics.countEvents, { query: { meter: "slow" } });
      expect(body).toMatchObject({
        count: 0,
        source: "raw",
        meter: { state: "waiting", complete_from: null },
      });
    });
    await filling;
    const { body } = await shop(analytics.countEvents, { query: { meter: "slow" } });
    expect(body).toMatchObject({ count: 5, source: "rollup", meter: { state: "complete" } });
    await expectMeters(deps);
  });

  test("maintenance completes a fill", async () => {
    await declareOnly(deps, { ...aMeter("later"), event_type: "type-0" });
    expect(await runAt(deps, NOW)).toMatchObject({ complete: true, meters_completed: 1 });
    expect((await shop(contract.getMeter, { params: { meter: "later" } })).body.state).toBe("complete");
    await expectMeters(deps);
  });
});

test("maintenance deletes the rollups of what has expired, and of deleted meters, and later these", async () => {
  const rollups = async (): Promise<string[]> =>
    (
      await sql`
        SELECT name FROM meters
          JOIN (SELECT meter_id FROM meter_rollups UNION ALL SELECT meter_id FROM packed_meter_days) AS r USING (meter_id)
         GROUP BY 1 ORDER BY 1`
    ).map(({ name }) => name);
  expect(await rollups()).toContain("plain");
  await sql`UPDATE meters SET deleted_at = clock_timestamp() WHERE name = 'plain'`;
  expect((await runAt(deps, NOW)).deleted.meter_rollups).toBeGreaterThan(0);
  expect(await rollups()).not.toContain("plain");
  const known = async () => (await sql`SELECT FROM meters WHERE name = 'plain'`).count;
  expect(await known()).toBe(1);
  await sql`UPDATE meters SET deleted_at = clock_timestamp() - interval '25 hours' WHERE name = 'plain'`;
  await runAt(deps, NOW);
  expect(await known()).toBe(0);
  // A name is free as soon as its meter is deleted.
  await declare(deps, { ...aMeter("plain"), event_type: "type-0" });
  await expectMeters(deps);
  await runAt(deps, NOW + (deps.config.retentionDays + 9) * DAY_MS);
  expect(await rollups()).toEqual([]);
});
