/** What holds after a backup of the database has been restored by the steps in docs/operations.md. */
import postgres from "postgres";
import { expect, inject, it } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../lib/app/connect.ts";
import type { Config } from "../../lib/config/config.ts";
import { atEnd } from "../support/cleanup.ts";
import { testClient } from "../support/client.ts";
import { someEvents } from "../support/faults.ts";
import { drainAll } from "../support/pipeline.ts";
import { testConfig } from "../support/servers/deps.ts";

/** Runs something with dependencies of its own, since a database can be copied only while nobody is connected. */
async function within<T>(config: Config, run: (deps: Deps) => Promise<T>): Promise<T> {
  const deps = createDeps(config);
  try {
    return await run(deps);
  } finally {
    await closeDeps(deps);
  }
}

/** Copies a database as it is. @returns the URL of the copy */
async function backUp(databaseUrl: string): Promise<string> {
  const [name] = new URL(databaseUrl).pathname.slice(1).split("/");
  const server = postgres(inject("databaseServer"), { max: 1, onnotice: () => {} });
  await server`CREATE DATABASE ${server(`${name}_backup`)} TEMPLATE ${server(name ?? "")}`;
  await server.end();
  return `${databaseUrl}_backup`;
}

it("events sent since the backup are stored once when they are sent again, and others stay as they are", async () => {
  const config = await testConfig();
  const [before, since, waiting] = [3, 4, 2].map(someEvents);
  const client = await within(config, async (deps) => {
    const made = await testClient(deps, "shop");
    await made.accept(before, deps);
    await drainAll(deps);
    return made;
  });
  const databaseUrl = await backUp(config.databaseUrl);
  await within(config, async (deps) => {
    await client.accept(since, deps);
    await drainAll(deps);
    await client.accept(waiting, deps);
  });

  const restored = createDeps({ ...config, databaseUrl });
  atEnd(() => closeDeps(restored));
  // Why the steps empty Redis: it knows ids that the database does not.
  expect(await client.send(since, restored)).toMatchObject({ body: { accepted: 0, duplicates: 4 } });
  await drainAll(restored);
  await restored.redis.flushdb();
  for (const batch of [before, since, waiting]) await client.accept(batch, restored);
  await drainAll(restored);
  const { clientId } = client;
  const stored = await restored.sql`SELECT event_id FROM events WHERE client_id = ${clientId}`;
  const sent = [before, since, waiting].flatMap((batch) => batch?.events ?? []);
  expect(stored.map(({ event_id }) => event_id).sort()).toEqual(sent.map(({ event_id }) => event_id).sort());
  const [counted] = await restored.sql`
    SELECT (SELECT count(*)::int FROM event_ledger) AS ledger,
           (SELECT sum(count)::int FROM rollups WHERE grain = 1440) AS rollups,
           (SELECT sum(accepted)::int FROM receipts) AS accepted,
           (SELECT sum(stored + duplicates)::int FROM receipts) AS settled`;
  expect(counted).toMatchObject({ ledger: 9, rollups: 9 });
  expect(counted?.settled).toBe(counted?.accepted);
});
