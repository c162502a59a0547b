/** The migration reads and rewrites no events, and workers of the version before fill the feed. */
import { expect, test } from "vitest";
import { eventKey } from "../../../lib/base/ids.ts";
import type { Executor } from "../../../lib/postgres/client.ts";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { ensurePartitions } from "../../../lib/storage/partitions.ts";
import { feedPage, followFeed } from "../../support/http/feed.ts";
import { askerOf } from "../../support/http/reading.ts";
import { depsBefore } from "../../support/servers/old-database.ts";

/** As the worker of the version before did it: the ledger decides, in one statement. */
const storeAsBefore = (sql: Executor, ids: readonly string[]): Promise<unknown> => sql`
  WITH claimed AS (
    INSERT INTO event_ledger (event_key, client_id, event_time)
    SELECT event_key, 'acme', now() FROM unnest(${ids.map(eventKey)}::uuid[]) AS event_key
    ON CONFLICT DO NOTHING
    RETURNING event_key, event_time
  )
  INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload)
  SELECT 'acme', event_id, 'test', event_time, now(), now(), gen_random_uuid(), '{}'
    FROM claimed JOIN unnest(${ids as string[]}::text[], ${ids.map(eventKey)}::uuid[]) AS given (event_id, event_key) USING (event_key)`;

test("the feed has what is stored from the migration on, also by the statement of the version before", async () => {
  const deps = await depsBefore("0013");
  const { sql } = deps;
  await ensurePartitions(sql, { retentionDays: 14, auditRetentionDays: 14 });
  await storeAsBefore(sql, ["before"]);
  // Of tables: migration 0018 replaces indexes.
  const files = async () => [
    ...(await sql`SELECT oid::regclass::text AS name, relfilenode FROM pg_class
                   WHERE relkind = 'r' AND relname ~ '^event' ORDER BY 1`),
  ];
  const before = await files();
  await migrate(deps.config.databaseUrl);
  expect(await files()).toEqual(before);
  const ask = await askerOf(deps, "acme");
  const { events, next_cursor: cursor } = await feedPage(ask);
  expect(events).toEqual([]);
  await storeAsBefore(sql, ["before", "after"]);
  expect((await followFeed(ask, cursor)).seen).toEqual(["acme after"]);
  expect((await followFeed(ask)).seen).toEqual(["acme after"]);
});
