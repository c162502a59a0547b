/** The migration rewrites no partition, adds a byte to a row, and the version before runs on the new schema. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { ensurePartitions } from "../../../lib/storage/partitions.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { depsBefore } from "../../support/servers/old-database.ts";
import { aTraceparent } from "../../support/tracing/traceparent.ts";

const insertAsBefore = ({ sql }: Deps, eventId: string) => sql`
  INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload)
  VALUES ('acme', ${eventId}, 'a', now(), now(), now(), ${randomUUID()}, '{}')`;
const quarantineAsBefore = ({ sql }: Deps) => sql`
  INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id, part)
  VALUES ('acme', ${randomUUID()}, 'odd'::bytea, 'odd', 'odd', now(), ${randomUUID()}, 0)`;

/** Bytes of the first row as an insert would write it now. */
async function rowBytes({ sql }: Deps): Promise<number> {
  const [row] = await sql<[{ bytes: number }]>`
    WITH written AS (UPDATE events SET event_type = event_type WHERE event_id = '1 before' RETURNING events.*)
    SELECT pg_column_size(written.*)::int AS bytes FROM written`;
  return row.bytes;
}

const contexts = ({ sql }: Deps) =>
  sql<{ event_id: string; hex: string }[]>`
    SELECT event_id, encode(trace_context, 'hex') AS hex FROM events ORDER BY event_id`;

test("events from before and of the version before have no trace context, and those after have theirs", async () => {
  const deps = await depsBefore("0012");
  await ensurePartitions(deps.sql, { retentionDays: 14, auditRetentionDays: 14 });
  await insertAsBefore(deps, "1 before");
  await quarantineAsBefore(deps);
  const files = () => deps.sql`
    SELECT oid::regclass::text AS name, relfilenode FROM pg_class
     WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace AND relname ~ '^(events|quarantine)'
     ORDER BY 1`;
  const before = [...(await files())];
  const bytes = await rowBytes(deps);
  expect(before.length).toBeGreaterThan(3);
  await migrate(deps.config.databaseUrl);
  expect([...(await files())]).toEqual(before);
  expect((await rowBytes(deps)) - bytes).toBe(1);

  await insertAsBefore(deps, "2 by the version before");
  await quarantineAsBefore(deps);
  const trace = aTraceparent().replaceAll("-", "").slice(2);
  const rows = [anEventRow({ eventId: "3 with", trace }), anEventRow({ eventId: "4 without" })];
  expect(await storeEvents(deps.sql, rows)).toEqual([0, 1]);
  expect([...(await contexts(deps))]).toEqual([
    { event_id: "1 before", hex: "" },
    { event_id: "2 by the version before", hex: "" },
    { event_id: "3 with", hex: trace },
    { event_id: "4 without", hex: "" },
  ]);
  await deps.sql`UPDATE events SET trace_context = ${Buffer.from(trace, "hex")} WHERE event_id = '1 before'`;
  expect((await rowBytes(deps)) - bytes).toBe(26);
  // Why the column is not nullable.
  await deps.sql`ALTER TABLE events ALTER trace_context DROP NOT NULL`;
  await deps.sql`UPDATE events SET trace_context = NULL WHERE event_id = '1 before'`;
  expect((await rowBytes(deps)) - bytes).toBe(8);
});
