/** What the worker adds to meters is what the fill computes from the stored events, whatever is sent. */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { beforeEach, expect, test } from "vitest";
import { uuidv7 } from "../../../lib/base/ids.ts";
import { fillRange } from "../../../lib/meters/sql/fill-meter.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import { toLine } from "../../../lib/queue/message.ts";
import type { EventRow } from "../../../lib/storage/event-row.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { storeNarrowing } from "../../../lib/worker/store.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { anyText, numberText } from "../../support/json-texts.ts";
import { declare, expectMeters } from "../../support/meters.ts";
import { addClient, anAuditRow } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { sql } = deps;
await addClient(deps, "acme");
const dimension = (property: string, index: number) => ({ name: `d${index}`, property });
const declared = [
  ["payload.v", "payload.d"],
  ["payload.v", "payload.e[-1]", "payload.d", 'payload." 1"'],
  ["payload.d.a", "payload.v"],
  [null, "payload.e[0].a", "payload.e.1"],
  ["payload.v"],
] as const;
for (const [n, [value, ...dimensions]] of declared.entries())
  await declare(deps, {
    client_id: "acme",
    name: `m${n}`,
    event_type: "sold",
    value,
    dimensions: dimensions.map(dimension),
  });

beforeEach(async () => {
  await sql`TRUNCATE events, event_ledger, rollups, meter_rollups`;
});

const payload = fc
  .array(
    fc
      .tuple(fc.constantFrom('"v"', '"d"', '"e"', '" 1"', '"\\u0064"'), fc.oneof(numberText, anyText))
      .map((parts) => parts.join(" : ")),
    { minLength: 1, maxLength: 6, size: "max" },
  )
  .map((members) => `{${members.join(",")}}`);

/** Few times, at the edges of quarters, and few forms: most as ingest writes them. */
const timestamp = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("00:00:00.000", "00:14:59.999", "00:15:00.000", "23:59:59.999"),
      fc.constantFrom("", "001", "999"),
    )
    .map(([time, micros]) => `2026-01-02T${time}${micros}Z`),
  fc.constantFrom("2026-01-02T00:14:59.9999999Z", "2026-01-02t01:15:00.5+01:00", "2026-01-02T00:00:00Z"),
);

/** Ids whose order by bytes is not that of UTF-16, with a number that makes them differ. */
const prefix = fc.constantFrom("", "a", "\ue000", "😀", "\u{10ffff}", "Z");

const event = fc.record({ prefix, timestamp, payload });

async function cells(): Promise<object[]> {
  return sql`
    SELECT name, grain, bucket::text AS bucket, r.dimensions::text AS dimensions, sum(count)::text AS count,
           sum(numbers)::text AS numbers, sum(not_numbers)::text AS not_numbers, trim_scale(sum(sum))::text AS sum,
           trim_scale(min(min))::text AS min, trim_scale(max(max))::text AS max, max(latest)::text AS latest
      FROM meter_rollups r JOIN meters USING (meter_id)
     GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4`;
}

async function refill(): Promise<void> {
  await sql`TRUNCATE meter_rollups`;
  const rows = await sql<{ meter_id: string }[]>`SELECT meter_id FROM meters`;
  const ids = rows.map(({ meter_id }) => meter_id);
  await transaction(sql, (tx) => fillRange(tx, ids, "-infinity", "infinity"));
}

test("for any payloads, times and ids", { timeout: 200_000 }, async () => {
  let found = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 80, size: "max" }), async (events) => {
      await sql`TRUNCATE events, event_ledger, rollups, meter_rollups`;
      const rows = events.map(
        ({ prefix: text, ...rest }, n): EventRow =>
          anEventRow({ ...rest, eventId: `${text}${n}`, eventType: n % 9 === 0 ? "seen" : "sold" }),
      );
      const half = Math.ceil(rows.length / 2);
      await transaction(sql, (tx) => storeEvents(tx, rows.slice(0, half)));
      // Half of them are duplicates.
      await transaction(sql, (tx) => storeEvents(tx, rows));
      const added = await cells();
      await refill();
      expect(added).toEqual(await cells());
      found += added.length;
    }),
    { numRuns: 60, interruptAfterTimeLimit: 150_000 },
  );
  expect(found).toBeGreaterThan(2_000);
});

const sold = (overrides: Partial<EventRow> = {}): EventRow =>
  anEventRow({ eventType: "sold", payload: '{"v":1.5,"d":"x","e":[{"a":2}]}', ...overrides });

test("when PostgreSQL rejects some of the events", async () => {
  await sql`ALTER TABLE events ADD CONSTRAINT refusing CHECK (NOT starts_with(event_id, 'refused'))`;
  const rows = Array.from({ length: 20 }, (_, n) =>
    sold({ eventId: n % 7 === 3 ? `refused-${n}` : randomUUID() }),
  );
  const { refused } = await transaction(sql, (tx) => storeNarrowing(tx, rows));
  await sql`ALTER TABLE events DROP CONSTRAINT refusing`;
  expect(refused).toHaveLength(3);
  expect(await expectMeters(deps)).toBeGreaterThan(0);
});

test("when meters can't be added to, nothing is stored, and the next delivery stores everything", async () => {
  const lines = Array.from({ length: 3 }, () => toLine({ ...sold(), timestamp: new Date().toISOString() }));
  const header = { v: 1, id: uuidv7(Date.now()), at: Date.now(), audit: anAuditRow("acme"), accepted: 3 };
  const delivery = { id: "1-0", body: [JSON.stringify(header), ...lines].join("\n"), deliveries: 1 };
  await sql`ALTER TABLE meter_rollups RENAME TO gone`;
  await expect(drain([delivery], deps)).rejects.toThrow("meter_rollups");
  await sql`ALTER TABLE gone RENAME TO meter_rollups`;
  const stored = async () => (await sql`SELECT FROM events`).count;
  expect(await stored()).toBe(0);
  expect(await drain([{ ...delivery, deliveries: 2 }], deps)).toEqual([]);
  expect(await stored()).toBe(3);
  expect(await expectMeters(deps)).toBeGreaterThan(0);
});

test("events and meters are in the same slot, and a transaction locks only one", async () => {
  await transaction(sql, async (tx) => {
    await storeEvents(tx, [sold()]);
    await transaction(sql, async (other) => {
      await storeEvents(other, [sold()]);
      // Only locks of slots have two keys.
      const [{ held }] = await other<[{ held: number }]>`
        SELECT count(*)::int AS held FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 2 AND pid = pg_backend_pid()`;
      expect(held).toBe(1);
    });
  });
  const slots = await sql`
    SELECT array_agg(DISTINCT r.slot ORDER BY r.slot) AS events,
           (SELECT array_agg(DISTINCT slot ORDER BY slot) FROM meter_rollups) AS meters FROM rollups r`;
  expect([...slots]).toEqual([{ events: [0, 1], meters: [0, 1] }]);
});
