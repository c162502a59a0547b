/** The migration seals entries from before the audit had seals as the worker would have sealed them. */
import { cp, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import postgres from "postgres";
import { expect, inject, test } from "vitest";
import { closeDeps, createDeps } from "../../../lib/app/connect.ts";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { calls, exportTrail, sealCalls, verifyByApi, verifyText } from "../../support/audit/trail.ts";
import { atEnd } from "../../support/cleanup.ts";
import { asker } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testConfig } from "../../support/servers/deps.ts";

const MIGRATIONS = new URL("../../../lib/postgres/migrations/", import.meta.url);
const TEXTS = [
  "plain",
  'a "quoted" \\ text',
  "tab\tline\nfeed\r\b\f\u0001\u001f\u007f",
  "é€😀\u2028\u2029",
  "</script>",
  "",
];

test("the migration seals old entries, and new ones follow them", async () => {
  const config = await testConfig();
  const databaseUrl = Object.assign(new URL(config.databaseUrl), { pathname: "/audit_migration" }).href;
  const server = postgres(inject("databaseServer"), { max: 1, onnotice: () => {} });
  await server`CREATE DATABASE audit_migration`;
  await server.end();
  const folder = await mkdtemp(join(tmpdir(), "weir-migrations-"));
  atEnd(() => rm(folder, { recursive: true, force: true }));
  for (const name of (await readdir(MIGRATIONS)).filter((one) => one < "0006"))
    await cp(new URL(name, MIGRATIONS), join(folder, name));
  await migrate(databaseUrl, pathToFileURL(`${folder}/`));

  const deps = createDeps({ ...config, databaseUrl });
  atEnd(() => closeDeps(deps));
  const text = (n: number): string | undefined => TEXTS[n % TEXTS.length];
  const rows = Array.from({ length: 2_345 }, (_, n) => n);
  // 2,300 on one day, with microseconds, and some on two other days.
  await deps.sql`
    INSERT INTO audit_log (at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, address,
                           user_agent, bytes_in, bytes_out)
    SELECT timestamptz '2026-02-28T23:59:59.9Z' + n * interval '1.001 ms' + CASE WHEN n > 2300 THEN interval '3 days' ELSE '0' END,
           gen_random_uuid(), nullif(text, ''), nullif(text, 'plain'), text, text, text, 200 + n % 300, n, nullif(text, ''), text,
           n, nullif(n % 7, 0)
      FROM unnest(${rows}::int[], ${rows.map((n) => text(n) ?? "")}::text[]) AS t (n, text)`;
  await migrate(databaseUrl);

  const admin = asker(deps, (await addClient(deps, "boss", { scopes: ["admin"] })).secret);
  const found = await verifyByApi(admin);
  expect(found).toMatchObject({ valid: true, entries: 2_345, erased: 0, withheld: 0 });
  expect(found.seals).toBeGreaterThanOrEqual(5);
  const offline = await verifyText(await exportTrail(admin));
  expect(offline).toMatchObject({ valid: true, entries: 2_345 });
  await sealCalls(deps, calls(20));
  expect(await verifyByApi(admin)).toMatchObject({ valid: true, entries: 2_365 });
});
