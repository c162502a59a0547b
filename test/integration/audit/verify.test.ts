/** An untouched audit verifies, by the API and as a file, complete and in parts. tampering-*.test.ts test altered audits. */

import { expect, it } from "vitest";
import * as contract from "../../../lib/audit/contract.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { parseItem, type TrailItem } from "../../../lib/trail/trail.ts";
import {
  calls,
  DAY,
  exportTrail,
  makeCheckpoint,
  sealCalls,
  signingKey,
  verifyByApi,
  verifyText,
} from "../../support/audit/trail.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { askerOf } from "../../support/http/reading.ts";
import { testDeps } from "../../support/servers/deps.ts";

const key = signingKey();
const keys = [key.publicKey];
const deps = await testDeps({ databasePoolSize: 4, auditPublicKeys: keys });
const admin = await askerOf(deps, "boss", ["admin"]);
const acme = await askerOf(deps, "acme", ["audit"]);

const itemsOf = (text: string): TrailItem[] => text.split("\n").slice(0, -1).map(parseItem);

it("an empty audit verifies", async () => {
  expect(await verifyByApi(admin)).toMatchObject({ valid: true, entries: 0, seals: 0, checkpoints: 0 });
  const offline = await verifyText(await exportTrail(admin), keys);
  expect(offline).toMatchObject({ valid: true, signatures: "checked" });
});

it("an audit with seals of several lanes and days, and checkpoints between them, verifies", async () => {
  for (let day = 0; day < 4; day++) {
    const at = DAY + day * DAY_MS;
    const rows = (n: number) => ({ client_id: n % 3 ? "acme" : null, status: n % 2 ? 200 : 404 });
    await Promise.all(
      [1_500, 300, 40, 1].map((count, n) => sealCalls(deps, calls(count, at + n * 10_000, rows))),
    );
    if (day !== 1) await makeCheckpoint(deps, key);
  }
  await sealCalls(deps, [...calls(2, DAY - 1), ...calls(1, DAY + 20 * DAY_MS)]);
  const entries = 4 * 1_841 + 3;
  const found = await verifyByApi(admin);
  expect(found).toMatchObject({ valid: true, signatures: "checked", entries, checkpoints: 3, withheld: 0 });
  const { lanes, checkpoint } = found.head;
  expect(lanes.reduce((sum, lane) => sum + lane.entries, 0)).toBe(entries);
  expect(checkpoint?.checkpoint).toBe(3);
  const text = await exportTrail(admin);
  expect(found).toMatchObject(await verifyText(text, keys));
  expect(await verifyText(text)).toMatchObject({ valid: true, signatures: "unchecked" });
  const unknown = await verifyText(text, [signingKey().publicKey]);
  const reason = expect.stringContaining("key");
  expect(unknown.first_invalid).toMatchObject({ kind: "checkpoint", checkpoint: 3, reason });
});

it("an audit verifies in any number of calls, and is exported in any number of pieces", async () => {
  const complete = await verifyByApi(admin);
  expect(await verifyByApi(admin, { limit: "700" })).toEqual(complete);
  const first = await admin(contract.verifyAudit, { query: { limit: "1" } });
  expect(first.body).toMatchObject({ valid: true, complete: false, entries: 0 });
  expect(String(first.headers.link)).toContain("/v1/audit/verify?limit=1&cursor=");
  const text = await exportTrail(admin);
  const pieces = await exportTrail(admin, { limit: "900" });
  const [, ...rest] = pieces.split("\n");
  expect(rest).toEqual(text.split("\n").slice(1));
  expect(await verifyText(pieces, keys)).toMatchObject({ valid: true, entries: complete.entries });
  const bad = await admin(contract.verifyAudit, { query: { cursor: "bm9uZQ" } });
  expectProblem(bad, 400, "invalid-parameter", "cursor");
});

it("single days verify, from the checkpoint before to the one after", async () => {
  const at = (day: number): string => new Date(DAY + day * DAY_MS).toISOString();
  const expectValid = async (query: Record<string, string>, found: object): Promise<void> =>
    expect(await verifyByApi(admin, query)).toMatchObject({ valid: true, ...found });
  const third = { start: at(2), end: at(3) };
  await expectValid(third, { entries: 1_841, checkpoints: 2 });
  await expectValid({ ...third, limit: "1000" }, { entries: 1_841 });
  // The day is in the same part, since there is no checkpoint between.
  const second = { start: at(1), end: at(2) };
  await expectValid(second, { entries: 1_841, withheld: 1_841 });
  // A call from the day before the first, sealed last.
  await expectValid({ end: at(0) }, { entries: 1, checkpoints: 3 });
  await expectValid({ start: at(3) }, { entries: 1_842 });
  await expectValid({ start: at(90) }, { entries: 0 });
  for (const query of [third, second, { start: third.start }, { end: third.end }]) {
    const text = await exportTrail(admin, query);
    const result = await verifyText(text, keys);
    expect(result).toMatchObject({ valid: true });
    expect(result.entries).toBe(itemsOf(text).filter(({ type }) => type === "entry").length);
  }
});

it("export pieces fit into a function's answer, whatever callers send as user agent", async () => {
  const words = ["\u0001", '"', "€"].map((character) => character.repeat(1_000));
  const long = (n: number) => ({ user_agent: words[n % 3] ?? "", path: words[(n + 1) % 3] ?? "" });
  await sealCalls(deps, calls(1_000, DAY + 10 * DAY_MS, long));
  // Each piece's size is checked.
  const text = await exportTrail(admin, { start: new Date(DAY + 10 * DAY_MS).toISOString() });
  expect(await verifyText(text, keys)).toMatchObject({ valid: true });
  await deps.sql`DELETE FROM audit_personal WHERE user_agent = ${words[0] ?? ""}`;
  expect(await verifyByApi(admin)).toMatchObject({ valid: true, erased: 334 });
});

it("a filtered export verifies, and a key without admin gets its own entries only", async () => {
  const all = itemsOf(await exportTrail(admin)).flatMap((item) => (item.type === "entry" ? [item] : []));
  const expected = all.filter(({ entry }) => entry.client_id === "acme");
  for (const text of [await exportTrail(acme), await exportTrail(admin, { client: "acme" })]) {
    const items = itemsOf(text);
    expect(items[0]).toMatchObject({ type: "trail", filter: { client: "acme" } });
    expect(items.filter(({ type }) => type === "entry")).toEqual(expected);
    expect(await verifyText(text, keys)).toMatchObject({
      valid: true,
      entries: expected.length,
      withheld: all.length - expected.length,
    });
  }
  const queries: [Record<string, string>, number][] = [
    [{ status: "4xx" }, all.filter(({ entry }) => entry.status === 404).length],
    [{ address: "192.0.2.7" }, all.filter(({ personal }) => personal?.address === "192.0.2.7").length],
    [{ request_id: all[5]?.entry.request_id ?? "" }, 1],
    [{ request_id: "01890000-0000-7000-8000-000000000000" }, 0],
    [{ method: "PATCH" }, 0],
  ];
  for (const [query, count] of queries) {
    const text = await exportTrail(admin, query);
    expect(itemsOf(text).filter(({ type }) => type === "entry")).toHaveLength(count);
    expect(await verifyText(text, keys)).toMatchObject({ valid: true, entries: count });
  }
  expect((await acme(contract.exportAudit, { query: { client: "beta" } })).status).toBe(403);
});
