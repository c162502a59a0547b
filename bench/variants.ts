/** Ways to bring a batch's rows to PostgreSQL, tried beside the one that the worker uses. */

import { once } from "node:events";
import { finished } from "node:stream/promises";
import { uuidv7 } from "../lib/base/ids.ts";
import { HOUR_MS } from "../lib/base/time.ts";
import type { Database, Transaction } from "../lib/postgres/client.ts";
import type { Fragment } from "../lib/postgres/fragments.ts";
import { transaction } from "../lib/postgres/transaction.ts";
import type { EventRow } from "../lib/storage/event-row.ts";
import { storeEvents } from "../lib/worker/sql/store-events.ts";
import { Bodies } from "./events.ts";
import { type Contender, interleave, type Measured, valuesOf } from "./measure.ts";
import type { Part, Section } from "./part.ts";
import { formatMedian } from "./statistics.ts";

const BATCH = 1_000;
const AT_ONCE = 2;
const TABLES = ["events", "event_ledger", "rollups"];

type Insert = (sql: Transaction, rows: readonly EventRow[]) => Promise<unknown>;

interface Variant {
  name: string;
  insert: Insert;
  /** Over which time before now the events lie, in milliseconds. */
  spreadMs?: number;
}

/** Ledger and events only, so that nothing hides what the way in costs. @param input what selects the rows */
const store = (sql: Transaction, input: Fragment) => sql`
  WITH input AS MATERIALIZED (${input}), claimed AS (
    INSERT INTO event_ledger (event_key, client_id, event_time)
    SELECT event_key, client_id, event_time FROM input ORDER BY event_key, client_id
    ON CONFLICT DO NOTHING RETURNING event_key, client_id
  ), stored AS (
    INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload)
    SELECT client_id, event_id, event_type, event_time, received_at, clock_timestamp(), receipt_id, payload::json
      FROM input JOIN claimed USING (event_key, client_id)
  )
  SELECT count(*) FROM claimed`;

const byUnnest: Insert = (sql, rows) =>
  store(
    sql,
    sql`SELECT
      unnest(${rows.map((row) => row.clientId)}::text[]) AS client_id,
      unnest(${rows.map((row) => row.eventKey)}::uuid[]) AS event_key,
      unnest(${rows.map((row) => row.eventId)}::text[]) AS event_id,
      unnest(${rows.map((row) => row.eventType)}::text[]) AS event_type,
      unnest(${rows.map((row) => row.timestamp)}::text[]::timestamptz[]) AS event_time,
      unnest(${rows.map((row) => row.receivedAt)}::text[]::timestamptz[]) AS received_at,
      unnest(${rows.map((row) => row.receiptId)}::uuid[]) AS receipt_id,
      unnest(${rows.map((row) => row.payload)}::text[]) AS payload`,
  );

const byJson: Insert = (sql, rows) =>
  store(
    sql,
    sql`SELECT * FROM json_to_recordset(${JSON.stringify(rows.map(toMember))}::text::json) AS t(
      client_id text, event_key uuid, event_id text, event_type text, event_time timestamptz, received_at timestamptz,
      receipt_id uuid, payload text)`,
  );

const toMember = (row: EventRow): object => ({
  client_id: row.clientId,
  event_key: row.eventKey,
  event_id: row.eventId,
  event_type: row.eventType,
  event_time: row.timestamp,
  received_at: row.receivedAt,
  receipt_id: row.receiptId,
  payload: row.payload,
});

const byCopy: Insert = async (sql, rows) => {
  await sql`
    CREATE TEMP TABLE IF NOT EXISTS staging (client_id text, event_key uuid, event_id text, event_type text,
      event_time timestamptz, received_at timestamptz, receipt_id uuid, payload text) ON COMMIT DELETE ROWS`;
  const writable = await sql`COPY staging FROM STDIN`.writable();
  if (!writable.write(rows.map(toCopyLine).join(""))) await once(writable, "drain");
  writable.end();
  await finished(writable);
  return store(sql, sql`SELECT * FROM staging`);
};

const toCopyLine = (row: EventRow): string =>
  `${[
    row.clientId,
    row.eventKey,
    row.eventId,
    row.eventType,
    row.timestamp,
    row.receivedAt,
    row.receiptId,
    row.payload,
  ]
    .map((value) => value.replace(/[\\\t\n\r]/g, (character) => `\\${character}`))
    .join("\t")}\n`;

/** The worker's own statement, rollups included. */
const whole: Insert = (sql, rows) => storeEvents(sql, rows);

const VARIANTS: readonly Variant[] = [
  { name: "unnest, ledger and events", insert: byUnnest },
  { name: "JSON, ledger and events", insert: byJson },
  { name: "COPY into a staging table, ledger and events", insert: byCopy },
  { name: "the worker's statement (unnest and lists, with rollups)", insert: whole },
  { name: "the worker's statement, events over an hour", insert: whole, spreadMs: HOUR_MS },
];

export const variants: Part = {
  name: "variants",
  brief: true,
  run: async (bench) => {
    const { sql } = await bench.servers.deps("variants", AT_ONCE);
    const measured = await interleave(
      bench,
      VARIANTS.map((variant) => contender(sql, variant)),
    );
    return toSection(measured);
  },
};

const contender = (sql: Database, { name, insert, spreadMs = 0 }: Variant): Contender => ({
  name,
  run: async (seconds) => {
    await sql`TRUNCATE ${sql(TABLES)}`;
    const bodies = new Bodies();
    const times: number[] = [];
    const begun = performance.now();
    const work = async (): Promise<void> => {
      while (performance.now() - begun < seconds * 1_000) {
        const rows = makeRows(bodies, spreadMs);
        const start = performance.now();
        await transaction(sql, (tx) => insert(tx, rows));
        times.push(performance.now() - start);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
    const elapsed = (performance.now() - begun) / 1_000;
    return {
      perSecond: (times.length * BATCH) / elapsed,
      meanMs: times.reduce((sum, ms) => sum + ms, 0) / times.length,
    };
  },
});

/** Rows in the ledger's order, as the worker has them. */
function makeRows(bodies: Bodies, spreadMs: number): EventRow[] {
  const receiptId = uuidv7(Date.now());
  const receivedAt = new Date().toISOString();
  return Array.from({ length: BATCH }, () => {
    const at = new Date(Date.now() - Math.floor(Math.random() * spreadMs)).toISOString();
    const { event_id, event_type, payload } = JSON.parse(bodies.one(at));
    return {
      clientId: "shop",
      eventKey: event_id,
      eventId: event_id,
      eventType: event_type,
      timestamp: at,
      receivedAt,
      receiptId,
      part: 0,
      payload: JSON.stringify(payload),
    };
  });
}

function toSection(measured: Measured): Section {
  const of = (name: string, quantity: string): number[] => valuesOf(measured, name, quantity);
  return {
    title: "Ways to insert",
    text: [
      `Batches of ${BATCH} rows, ${AT_ONCE} at once, on tables emptied before each repeat; making the rows is not counted in a batch's time.`,
    ],
    tables: [
      {
        head: ["", "ms a batch", "events per second"],
        rows: VARIANTS.map(({ name }) => [
          name,
          formatMedian(of(name, "meanMs")),
          formatMedian(of(name, "perSecond")),
        ]),
      },
    ],
    charts: [],
    goals: [],
    figures: Object.fromEntries(
      VARIANTS.map(({ name }) => [name, { unit: "ms", values: of(name, "meanMs") }]),
    ),
  };
}
