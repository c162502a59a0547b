/** The change feed's positions after PostgreSQL has crashed. */
import postgres from "postgres";
import { expect, it } from "vitest";
import { migrate } from "../../lib/postgres/migrate.ts";
import { storeEvents } from "../../lib/worker/sql/store-events.ts";
import { startPostgres } from "../../local/postgres.ts";
import { atEnd } from "../support/cleanup.ts";
import { anEventRow } from "../support/event-rows.ts";
import { ownServer } from "../support/faults.ts";

it("no position is given out twice if PostgreSQL crashes soon after the migration", async () => {
  const server = await ownServer(startPostgres);
  await migrate(server.url);
  // Without a checkpoint in between: after one, a sequence is written to the WAL in any case.
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  atEnd(() => sql.end({ timeout: 1 }));
  await sql`INSERT INTO clients (client_id, name, rate_limit_per_second, burst) VALUES ('acme', 'acme', 1, 1)`;
  const store = async (count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await storeEvents(sql, [anEventRow({ eventId: crypto.randomUUID() })]);
  };
  await store(5);
  await server.crash();
  await server.start();
  await store(5);
  const [feed] =
    await sql`SELECT count(*)::int AS rows, count(DISTINCT position)::int AS positions FROM feed`;
  expect(feed).toEqual({ rows: 10, positions: 10 });
});
