/** What a process expects of meters, from the batches before, changes nothing of what they count. */
import { beforeEach, expect, test } from "vitest";
import { expectCells } from "../../../lib/meters/add.ts";
import { markDeleted } from "../../../lib/meters/sql/meters.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import type { EventRow } from "../../../lib/storage/event-row.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { storeUnlessErased } from "../../../lib/worker/store.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { declare, expectMeters } from "../../support/meters.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { sql } = deps;
await addClient(deps, "shop");

const declareOf = (name: string, type: string) =>
  declare(deps, { client_id: "shop", name, event_type: type, value: "payload.n" });

const batch = (type = "sold", overrides: Partial<EventRow> = {}): EventRow[] =>
  Array.from({ length: 3 }, (_, n) =>
    anEventRow({
      clientId: "shop",
      eventId: crypto.randomUUID(),
      eventType: type,
      payload: `{"n":${n}.5}`,
      ...overrides,
    }),
  );

async function store(rows: readonly EventRow[]): Promise<void> {
  await transaction(sql, async (tx) => (await storeUnlessErased(tx, rows))?.metered);
}

/** Counts of the cells that are expected of events, by the name of their meter. */
async function expected(rows: readonly EventRow[]): Promise<Record<string, number>> {
  const names = await sql<{ id: string; name: string }[]>`SELECT meter_id AS id, name FROM meters`;
  const byMeter = await expectCells(rows);
  return Object.fromEntries(
    names.flatMap(({ id, name }) => {
      const found = byMeter.get(id);
      return found ? [[name, found.cells.reduce((sum, { count }) => sum + count, 0)]] : [];
    }),
  );
}

/** The count of each meter, by its name. */
async function counted(): Promise<Record<string, number>> {
  const rows = await sql<{ name: string; count: number }[]>`
    SELECT name, sum(count)::int AS count FROM meter_rollups JOIN meters USING (meter_id)
     WHERE grain = 15 GROUP BY name ORDER BY name`;
  return Object.fromEntries(rows.map(({ name, count }) => [name, count]));
}

beforeEach(async () => {
  await sql`TRUNCATE events, event_ledger, rollups, meters, meter_rollups CASCADE`;
  await declareOf("first", "sold");
});

test("a meter is known from the first batch on that it counts", async () => {
  expect(await expected(batch())).toEqual({});
  await store(batch());
  expect(await expected(batch())).toEqual({ first: 3 });
  await store(batch());
  expect(await counted()).toEqual({ first: 6 });
  expect(await expectMeters(deps)).toBeGreaterThan(0);
});

test("duplicates are not counted again", async () => {
  const rows = batch();
  await store(rows);
  await store(rows);
  await store([...rows, ...batch()]);
  expect(await counted()).toEqual({ first: 6 });
  expect(await expectMeters(deps)).toBeGreaterThan(0);
});

test("a meter that is declared later counts from the next batch on", async () => {
  await store(batch());
  await declareOf("second", "sold");
  await store(batch());
  expect(await expected(batch())).toEqual({ first: 3, second: 3 });
  // The second one is filled with the first batch.
  expect(await counted()).toEqual({ first: 6, second: 6 });
  expect(await expectMeters(deps)).toBeGreaterThan(0);
});

test("a deleted meter is forgotten with the next batch that it would count, and others stay", async () => {
  await declareOf("other", "seen");
  await store([...batch(), ...batch("seen")]);
  await markDeleted(sql, "shop", "first");
  await store(batch("seen"));
  expect(await expected(batch())).toEqual({ first: 3, other: 0 });
  await store([...batch(), ...batch("seen")]);
  expect(await expected(batch())).toEqual({ other: 0 });
  expect(await counted()).toMatchObject({ other: 9 });
  expect(await expectMeters(deps)).toBeGreaterThan(0);
});

test("if all are deleted, none is expected", async () => {
  await store(batch());
  await markDeleted(sql, "shop", "first");
  await store(batch());
  expect(await expected(batch())).toEqual({});
});

test("times that PostgreSQL has to convert are not expected, and are counted", async () => {
  await store(batch());
  const late = batch("sold", { timestamp: "2026-01-02t01:15:00.5+01:00" });
  expect(await expected(late)).toEqual({});
  await store(late);
  expect(await counted()).toEqual({ first: 6 });
  expect(await expectMeters(deps)).toBeGreaterThan(0);
});

test("a statement that fails leaves nothing in the meters", async () => {
  await store(batch());
  const rows = batch("sold", { payload: "{" });
  await expect(store(rows)).rejects.toThrow("json");
  await expect(transaction(sql, (tx) => storeEvents(tx, rows))).rejects.toThrow("json");
  expect(await counted()).toEqual({ first: 3 });
});
