/** Days of the audit trail expire, and the rest still verifies. */
import { beforeEach, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { runCheckpoint } from "../../../lib/audit/checkpoint/make.ts";
import { verifyStored } from "../../../lib/audit/read/verify.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { partitionStart } from "../../../lib/storage/partitions.ts";
import { rootOf } from "../../../lib/trail/merkle.ts";
import { NO_SEAL } from "../../../lib/trail/seal.ts";
import { storedCheckpoints, type TestCheckpoints, testCheckpoints } from "../../support/audit/checkpoints.ts";
import { aCall, sealCalls } from "../../support/audit/trail.ts";
import { runAt } from "../../support/maintenance.ts";
import { testDeps } from "../../support/servers/deps.ts";

const KEPT_DAYS = 10;

let deps: Deps;
let made: TestCheckpoints;
beforeEach(async () => {
  deps = await testDeps({ auditRetentionDays: KEPT_DAYS });
  made = testCheckpoints(deps);
});

const checkpoint = (now: number) => runCheckpoint(made.deps, { endsAt: Date.now() + 60_000, now });
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
/** The first day that the tables keep. */
async function horizon(): Promise<string> {
  const [row] = await deps.sql`SELECT audit_horizon::text AS day FROM retention`;
  return row?.day;
}

/** Stores a day's calls with several concurrent workers: on time, late, and too late for their day's partition. */
async function aDay(now: number): Promise<void> {
  const calls = (n: number, at: number) => Array.from({ length: n }, (_, i) => aCall(at + i));
  await Promise.all([
    sealCalls(deps, [...calls(5, now), ...calls(2, now - 3 * DAY_MS)]),
    sealCalls(deps, calls(3, now)),
    sealCalls(deps, calls(2, now - (KEPT_DAYS + 5) * DAY_MS)),
  ]);
}

/**
 * Every seal exists and is chained. Days from the horizon on have every entry with its personal row; earlier days have
 * all or none of a seal's entries. @returns the days that have entries
 */
async function expectComplete(): Promise<string[]> {
  const seals = await deps.sql`
    SELECT lane, seal::int AS seal, day::text AS day, entries, encode(root, 'hex') AS root,
           encode(previous, 'hex') AS previous, encode(hash, 'hex') AS hash,
           ARRAY(SELECT encode(leaf_hash, 'hex') FROM audit_log a WHERE a.lane = s.lane AND a.seal = s.seal ORDER BY leaf) AS leaves,
           (SELECT count(*)::int FROM audit_personal p WHERE p.lane = s.lane AND p.seal = s.seal) AS personal
      FROM audit_seals s ORDER BY lane, seal`;
  const first = await horizon();
  const heads = new Map<number, { seal: number; hash: string }>();
  let entries = 0;
  for (const one of seals) {
    const before = heads.get(one.lane) ?? { seal: 0, hash: NO_SEAL };
    expect(one).toMatchObject({ seal: before.seal + 1, previous: before.hash });
    heads.set(one.lane, { seal: one.seal, hash: one.hash });
    entries += one.leaves.length;
    if (one.day < first && one.leaves.length === 0) continue;
    expect(one).toMatchObject({ entries: one.leaves.length, root: rootOf(one.leaves) });
    if (one.day >= first) expect(one.personal).toBe(one.entries);
  }
  const rows = await deps.sql<{ day: string; entries: number }[]>`
    SELECT (at AT TIME ZONE 'UTC')::date::text AS day, count(*)::int AS entries FROM audit_log GROUP BY 1 ORDER BY 1`;
  expect(rows.reduce((sum, row) => sum + row.entries, 0)).toBe(entries);
  const found = await verifyStored(deps.sql, [made.publicKey], { limit: 1_000_000, cursor: undefined });
  expect(found).toMatchObject({ valid: true, next_cursor: null, withheld: 0 });
  expect(found.entries + found.expired).toBe(seals.reduce((sum, one) => sum + one.entries, 0));
  return rows.map(({ day }) => day);
}

describe("weeks of calls, late ones included,", () => {
  it("expire day by day, only once a checkpoint says so, and the rest stays complete", async () => {
    const begin = Date.now();
    await checkpoint(begin);
    let signed = "";
    const dropped: string[] = [];
    for (let day = 0; day < 35; day++) {
      const now = begin + day * DAY_MS;
      await aDay(now);
      const done = await runAt(deps, now);
      expect(done).toMatchObject({ complete: true, postponed: [] });
      dropped.push(...done.deleted.partitions);
      // What was dropped was signed as expired before this run, wherever the horizon is now.
      const days = await expectComplete();
      expect(days[0] && days[0] >= signed).toBe(true);
      for (const name of done.deleted.partitions) {
        const [, year, month, date] = /_(\d{4})(\d\d)(\d\d)$/.exec(name) ?? [];
        expect(`${year}-${month}-${date}` < signed).toBe(true);
      }
      expect(await horizon()).toBe(dayOf(partitionStart("audit_log", now - KEPT_DAYS * DAY_MS)));
      await checkpoint(now);
      signed = (await storedCheckpoints(deps)).at(-1)?.expired_before ?? "";
      expect(signed).toBe(await horizon());
    }
    for (const parent of ["audit_log", "audit_personal"])
      expect(dropped.filter((name) => name.startsWith(`${parent}_`)).length).toBeGreaterThan(20);
    expect(new Set(dropped).size).toBe(dropped.length);
    // Calls too late for their day are gone as well, but no seal is.
    await runAt(deps, begin + 34 * DAY_MS);
    expect((await expectComplete())[0]).toBe(signed);
    const [rows] = await deps.sql`
      SELECT (SELECT count(*)::int FROM audit_personal) AS personal, (SELECT count(*)::int FROM audit_log) AS entries,
             (SELECT sum(entries)::int FROM audit_seals) AS sealed`;
    expect(rows?.sealed).toBe(35 * 12);
    expect(rows?.personal).toBe(rows?.entries);
    // The last eleven days, without the calls still to come late for the last three of them.
    expect(rows?.entries).toBe(11 * 8 + 8 * 2);
  });

  it("expire at once if there are no checkpoints", async () => {
    const now = Date.now();
    await aDay(now);
    await runAt(deps, now);
    expect(await expectComplete()).toEqual([dayOf(now - 3 * DAY_MS), dayOf(now)]);
  });
});

describe("the horizon", () => {
  it("never moves back, even if the retention becomes longer", async () => {
    const now = Date.now();
    await aDay(now);
    await runAt(deps, now);
    const before = await horizon();
    const longer = { ...deps, config: { ...deps.config, auditRetentionDays: 100 } };
    await aDay(now);
    expect(await runAt(longer, now)).toMatchObject({ complete: true, deleted: { audit: 2 } });
    expect(await horizon()).toBe(before);
    await expectComplete();
  });

  it("is ahead of everything deleted, at whatever step a run is killed", async () => {
    const begin = Date.now() - 40 * DAY_MS;
    for (const day of [0, 1, 2, 30]) await aDay(begin + day * DAY_MS);
    await runAt({ ...deps, config: { ...deps.config, auditRetentionDays: 100 } }, begin + 30 * DAY_MS);
    await checkpoint(Date.now());
    const all = await expectComplete();
    expect(all).toHaveLength(12);
    const steps: string[] = [];
    for (let doomed = 1; ; doomed++) {
      let step = 0;
      const before = (name: string): void => {
        if (++step === doomed) throw new Error("killed");
        steps.push(name);
      };
      const killed = await runAt(deps, Date.now(), { before }).then(
        () => false,
        (error: Error) => error.message.includes("killed") || error.message.includes("Several"),
      );
      const days = await expectComplete();
      const first = await horizon();
      const signed = (await storedCheckpoints(deps)).at(-1)?.expired_before ?? "";
      for (const day of all) if (!days.includes(day)) expect(day < first && day < signed).toBe(true);
      await checkpoint(Date.now());
      if (!killed) break;
    }
    for (const step of [
      "move the audit log's horizon",
      "drop a day of audit_log",
      "drop a day of audit_personal",
    ])
      expect(steps).toContain(step);
    expect(await expectComplete()).toEqual([dayOf(begin + 30 * DAY_MS)]);
  });
});
