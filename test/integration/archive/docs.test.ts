/** The queries in docs/archive.md return what stands below them there. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { testArchive, withArchive } from "../../support/archive.ts";
import { runAt, workAt } from "../../support/maintenance.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const text = readFileSync(new URL("../../../docs/archive.md", import.meta.url), "utf8");
const examples = [
  ...text.matchAll(/<!-- query -->\n\n```sql\n(?<sql>.*?)```\n\n```text\n(?<printed>.*?)```/gs),
].map(({ groups }) => ({ sql: groups?.sql ?? "", printed: groups?.printed ?? "" }));

const EVENTS = [
  ["shop", "order.placed", "2026-03-01T09:00:00.123Z", '{"amount":12.50}'],
  ["shop", "order.placed", "2026-03-01T10:00:00Z", '{"amount":7.25}'],
  ["shop", "page.viewed", "2026-03-01T11:00:00Z", "{}"],
  ["shop", "page.viewed", "2026-03-01T12:00:00Z", "{}"],
  ["shop", "page.viewed", "2026-03-01T13:00:00Z", "{}"],
  ["shop", "order.placed", "2026-03-02T23:59:59.999Z", '{"amount":12345678901234.56}'],
  ["2026", "order.placed", "2026-03-01T09:00:00Z", '{"amount":0.10}'],
] as const;

it("documents queries with their results", async () => {
  const now = Date.parse("2026-03-03T12:00:00Z");
  const archive = await testArchive();
  const deps = withArchive(await testDeps(), archive);
  for (const client of ["shop", "2026"]) await addClient(deps, client);
  for (const [n, [client, type, at, payload]] of EVENTS.entries())
    await workAt(deps, client, now, [{ eventId: `e-${n}`, eventType: type, at: Date.parse(at), payload }]);
  await runAt(deps, now);
  expect(examples).toHaveLength(2);
  for (const { sql, printed } of examples) expect(toText(await archive.query(sql))).toBe(printed);
});

/** Columns aligned, two spaces apart. */
function toText(rows: readonly Record<string, unknown>[]): string {
  const cells = [Object.keys(rows[0] ?? {}), ...rows.map((row) => Object.values(row).map(String))];
  const widths =
    cells[0]?.map((_, column) => Math.max(...cells.map((line) => line[column]?.length ?? 0))) ?? [];
  const lines = cells.map((line) => line.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  "));
  return `${lines.map((line) => line.trimEnd()).join("\n")}\n`;
}
