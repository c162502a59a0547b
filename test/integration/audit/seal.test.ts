/** What the worker writes and seals. verify.test.ts tests verification. */
import { expect, it } from "vitest";
import type { Audited } from "../../../lib/audit/record/seal.ts";
import { rootOf } from "../../../lib/trail/merkle.ts";
import { NO_SEAL, type SealContent, sealHash } from "../../../lib/trail/seal.ts";
import { calls, DAY, sealCalls } from "../../support/audit/trail.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps({ databasePoolSize: 8 });

const seal = (rows: readonly Audited[]): Promise<void> => sealCalls(deps, rows);

/** Expects every lane's seals to chain, with the roots of their rows' leaves, numbered without gaps. */
async function expectSealed(entries: number): Promise<void> {
  const seals = await deps.sql<(SealContent & { hash: string; leaves: string[]; numbers: number[] })[]>`
    SELECT 1 AS v, lane, s.seal::int AS seal, to_char(day, 'YYYY-MM-DD') AS day, entries, total::int AS total,
           to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS sealed_at, encode(root, 'hex') AS root,
           encode(previous, 'hex') AS previous, encode(hash, 'hex') AS hash,
           ARRAY(SELECT encode(leaf_hash, 'hex') FROM audit_log a WHERE a.lane = s.lane AND a.seal = s.seal ORDER BY leaf) AS leaves,
           ARRAY(SELECT leaf FROM audit_log a WHERE a.lane = s.lane AND a.seal = s.seal ORDER BY leaf) AS numbers
      FROM audit_seals s ORDER BY lane, seal`;
  const heads = new Map<number, { seal: number; total: number; hash: string }>();
  for (const one of seals) {
    const before = heads.get(one.lane) ?? { seal: 0, total: 0, hash: NO_SEAL };
    expect(one).toMatchObject({
      seal: before.seal + 1,
      previous: before.hash,
      total: before.total + one.entries,
      root: rootOf(one.leaves),
      hash: sealHash(one),
      numbers: Array.from({ length: one.entries }, (_, leaf) => leaf),
    });
    heads.set(one.lane, one);
  }
  const lanes = await deps.sql`
    SELECT lane, seals::int AS seal, entries::int AS total, encode(head, 'hex') AS hash FROM audit_lanes WHERE seals > 0 ORDER BY lane`;
  expect(lanes).toMatchObject(
    [...heads].map(([lane, { seal, total, hash }]) => ({ lane, seal, total, hash })),
  );
  const [rows] = await deps.sql`
    SELECT (SELECT count(*)::int FROM audit_log) AS log, (SELECT count(*)::int FROM audit_personal) AS personal,
           (SELECT count(*)::int FROM audit_log a LEFT JOIN audit_seals s USING (lane, seal)
             WHERE s.day IS DISTINCT FROM (a.at AT TIME ZONE 'UTC')::date) AS "wrongDay"`;
  expect(rows).toEqual({ log: entries, personal: entries, wrongDay: 0 });
}

it("the worker seals its rows once, by day, despite concurrent workers and redelivered messages", async () => {
  const first = calls(1_500);
  const days = [...calls(3, DAY - 2), ...calls(2, DAY + 86_400_000)];
  await Promise.all([seal(first), seal(days), seal(calls(10)), seal(calls(1)), seal(calls(700))]);
  const entries = 1_500 + 5 + 10 + 1 + 700;
  await expectSealed(entries);
  await seal(first);
  // Between existing ones.
  const late = calls(7, DAY + 300);
  await seal([...late, ...first.slice(295, 310), ...first.slice(700, 701), ...late.slice(0, 2)]);
  await Promise.all([seal(first), seal(first)]);
  await expectSealed(entries + 7);
});

it("the worker waits for a lane when all are taken", async () => {
  const [before] = await deps.sql<{ rows: number }[]>`SELECT count(*)::int AS rows FROM audit_log`;
  await deps.sql`DELETE FROM audit_lanes WHERE seals = 0 AND lane > 3`;
  await Promise.all(Array.from({ length: 8 }, () => seal(calls(50))));
  await expectSealed((before?.rows ?? 0) + 400);
});
