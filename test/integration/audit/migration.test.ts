import { expect, test } from "vitest";
import { migrate } from "../../../lib/postgres/migrate.ts";
import { calls, exportTrail, sealCalls, verifyByApi, verifyText } from "../../support/audit/trail.ts";
import { askerOf } from "../../support/http/reading.ts";
import { depsBefore } from "../../support/servers/old-database.ts";

const TEXTS = [
  "plain", 'a "quoted" \\ text', "tab\tline\nfeed\r\b\f\u0001\u001f\u007f", "é€😀\u2028\u2029", "</script>", "",
]; // biome-ignore format: one text after the other

test("the migration seals old entries, and new ones follow them", async () => {
  const deps = await depsBefore("0006");
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
  await migrate(deps.config.databaseUrl);

  const admin = await askerOf(deps, "boss", ["admin"]);
  const found = await verifyByApi(admin);
  expect(found).toMatchObject({ valid: true, entries: 2_345, erased: 0, withheld: 0 });
  expect(found.seals).toBeGreaterThanOrEqual(5);
  const offline = await verifyText(await exportTrail(admin));
  expect(offline).toMatchObject({ valid: true, entries: 2_345 });
  await sealCalls(deps, calls(20));
  expect(await verifyByApi(admin)).toMatchObject({ valid: true, entries: 2_365 });
});
