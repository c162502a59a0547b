/** The worker's statement: which events it returns as new, what it writes, and to which slot it adds them. */
import { randomUUID } from "node:crypto";
import { beforeEach, expect, it } from "vitest";
import { transaction } from "../../../lib/postgres/transaction.ts";
import type { EventRow } from "../../../lib/storage/event-row.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { testDeps } from "../../support/servers/deps.ts";

/** One more than there are slots. */
const TRANSACTIONS = 9;

const deps = await testDeps({ databasePoolSize: TRANSACTIONS + 1 });
beforeEach(async () => {
  await deps.sql`TRUNCATE events, event_ledger, rollups`;
});

const minute = Math.floor(Date.now() / 60_000) * 60_000;

const aRow = (overrides: Partial<EventRow> = {}): EventRow =>
  anEventRow({ timestamp: new Date(minute).toISOString(), ...overrides });

/** Rows that share some values, but not always the same; ids of both kinds, and texts that an array or JSON escapes. */
const mixed = (): EventRow[] => [
  aRow({ eventId: 'no uuid: "\\ \n \u0001 😀' }),
  aRow({ clientId: "beta", eventType: "b", payload: '{"a":"\\\\n \\" {},NULL"}' }),
  aRow({ eventId: "NULL", eventType: "NULL", receivedAt: new Date(minute - 1_000).toISOString() }),
  aRow({ eventId: randomUUID().toUpperCase(), timestamp: new Date(minute - 86_400_000).toISOString() }),
  aRow({ clientId: "beta", eventType: "a" }),
];

it("the statement writes each event with its own values", async () => {
  // Different times, by which each is found in the ledger.
  const rows = mixed().map((row, n) => ({ ...row, timestamp: new Date(minute + n).toISOString() }));
  expect(await storeEvents(deps.sql, rows)).toEqual([0, 1, 2, 3, 4]);
  const written = await deps.sql`
    SELECT client_id AS "clientId", event_id AS "eventId", event_type AS "eventType", event_time AS timestamp,
           received_at AS "receivedAt", receipt_id AS "receiptId", payload::text AS payload, event_key AS "eventKey"
      FROM events JOIN event_ledger USING (client_id, event_time)`;
  const given = rows.map(({ part: _, ...row }) => ({
    ...row,
    timestamp: new Date(row.timestamp),
    receivedAt: new Date(row.receivedAt),
  }));
  expect(written).toHaveLength(given.length);
  expect([...written]).toEqual(expect.arrayContaining(given));
});

it("the statement returns the new events, and counts only those", async () => {
  const rows = mixed();
  expect(await storeEvents(deps.sql, rows.slice(1, 3))).toEqual([0, 1]);
  expect((await storeEvents(deps.sql, rows)).sort()).toEqual([0, 3, 4]);
  expect(await storeEvents(deps.sql, rows)).toEqual([]);
  const [counted] = await deps.sql`
    SELECT (SELECT count(*)::int FROM events) AS events, (SELECT count(*)::int FROM event_ledger) AS ledger,
           (SELECT sum(count)::int FROM rollups WHERE grain = 1440) AS rollups`;
  expect(counted).toEqual({ events: 5, ledger: 5, rollups: 5 });
});

it("the statement adds to the first free slot, and does not wait while one is free", async () => {
  const slots = async (): Promise<number[]> =>
    (await deps.sql`SELECT slot FROM rollups WHERE grain = 1440 ORDER BY slot`).map(({ slot }) => slot);
  for (let n = 0; n < 2; n++) await transaction(deps.sql, (tx) => storeEvents(tx, [aRow()]));
  expect(await slots()).toEqual([0]);

  const end = Promise.withResolvers<void>();
  const open = Array.from({ length: TRANSACTIONS - 1 }, async () => {
    const stored = Promise.withResolvers<void>();
    const done = transaction(deps.sql, async (tx) => {
      await storeEvents(tx, [aRow()]);
      stored.resolve();
      await end.promise;
    });
    await Promise.race([stored.promise, done]);
    return { done };
  });
  const begun = await Promise.all(open);
  const last = transaction(deps.sql, (tx) => storeEvents(tx, [aRow()]));
  end.resolve();
  await Promise.all([last, ...begun.map(({ done }) => done)]);
  expect(await slots()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  const [{ count }] = await deps.sql<[{ count: number }]>`
    SELECT sum(count)::int AS count FROM rollups WHERE grain = 1440`;
  expect(count).toBe(2 + TRANSACTIONS);
});
