/** The migration reads and rewrites no events, and workers of the version before fill the feed. */
import { expect, test } from "vitest";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { ensurePartitions } from "../../../lib/storage/partitions.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { feedPage, followFeed } from "../../support/http/feed.ts";
import { askerOf } from "../../support/http/reading.ts";
import { depsBefore } from "../../support/servers/old-database.ts";

test("the feed has what is stored from the migration on, also by the statement of the version before", async () => {
  const deps = await depsBefore("0013");
  const { sql } = deps;
  await ensurePartitions(sql, { retentionDays: 14, auditRetentionDays: 14 });
  await storeEvents(sql, [anEventRow({ eventId: "before" })]);
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
  // The statement that stores events is still that of the version before.
  await storeEvents(sql, [anEventRow({ eventId: "before" }), anEventRow({ eventId: "after" })]);
  expect((await followFeed(ask, cursor)).seen).toEqual(["acme after"]);
  expect((await followFeed(ask)).seen).toEqual(["acme after"]);
});
