import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, it } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../lib/app/connect.ts";
import { DAY_MS } from "../../lib/base/time.ts";
import { aCall, sealCalls } from "../support/audit/trail.ts";
import { expectExact, expectTidy, runAt, simulatedEvent, tables, workAt } from "../support/maintenance.ts";
import { addClient } from "../support/pipeline.ts";
import { countedBy } from "../support/rollups.ts";
import { testConfig } from "../support/servers/deps.ts";

const SCRIPT = fileURLToPath(new URL("../support/servers/doomed-maintenance.ts", import.meta.url));
const WEEK_MS = 7 * DAY_MS;

let deps: Deps;
let now: number;
beforeEach(async () => {
  deps = createDeps(await testConfig({ retentionDays: 60, auditRetentionDays: 60 }));
  now = Date.now();
  await addClient(deps, "acme");
  return () => closeDeps(deps);
});

/** Stores events of expired weeks, of current weeks, and late events for a week whose partition is gone. */
async function aPast(): Promise<void> {
  for (const weeks of [13, 12, 11, 10, 5, 1, 0])
    await workAt(deps, "acme", now - weeks * WEEK_MS, [
      ...Array.from({ length: 5 }, (_, n) => simulatedEvent(now - weeks * WEEK_MS - n * 60_000)),
      simulatedEvent(now - 500 * DAY_MS),
    ]);
}

const KEPT = 15;

describe("when a run ends early", () => {
  it("at any step, every visible count stays exact, and the next run does the rest", async () => {
    await aPast();
    const [last] = await deps.sql`
      SELECT max(relid::regclass::text) AS name FROM pg_partition_tree('events')
       WHERE isleaf AND relid <> 'events_default'::regclass`;
    await deps.sql.unsafe(`DROP TABLE ${last?.name}`);
    // Autovacuum may analyze the other tables before the run does.
    await deps.sql`CREATE TABLE changed WITH (autovacuum_enabled = false) AS SELECT generate_series(1, 100) AS n`;
    // Each step fails once in each state of the tables that it finds.
    const failed = new Set<string>();
    let shown = 42;
    for (let over = false; !over; ) {
      let dead = false;
      const run = runAt(deps, now, {
        before: async (name) => {
          const place = `${name}: ${JSON.stringify(await tables(deps))}`;
          if (!dead && failed.has(place)) {
            shown = KEPT;
            return;
          }
          if (!dead) failed.add(place);
          dead = true;
          throw new Error("killed");
        },
      });
      const ended = await run.catch((error: Error) => error.message);
      expect((await expectExact(deps)).shown).toBe(shown);
      over = typeof ended !== "string";
      expect(over).toBe(!dead);
    }
    const names = [...failed].map((place) => place.split(":")[0]);
    expect(names.length).toBeGreaterThan(12);
    expect(names).toEqual(
      expect.arrayContaining([
        "move the horizon",
        "make partitions of events",
        "detach a partition",
        "remove an expired partition",
        "delete late events",
        "delete rollups",
        "announce packed days",
        "pack days",
        "analyze a table",
      ]),
    );
    expect((await expectTidy(deps)).shown).toBe(KEPT);
  });

  it("by SIGKILL, again and again, the lock is free at once, and in the end all is done", async () => {
    await aPast();
    const env = {
      PATH: process.env.PATH,
      DATABASE_URL: deps.config.databaseUrl,
      REDIS_URL: deps.config.redisUrl,
      DATABASE_POOL_SIZE: "2",
      RETENTION_DAYS: "60",
      LOG_LEVEL: "SILENT",
    };
    const start = (step: number) =>
      new Promise<{ said: string; signal: string | null }>((resolve) => {
        const options = { env: { ...env, DOOMED_STEP: String(step) } };
        const child = execFile(process.execPath, [SCRIPT], options, (_error, said) =>
          resolve({ said, signal: child.signalCode }),
        );
      });
    const idle = () => deps.sql`
      SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'`;
    for (const step of [2, 3, 5, 8, 12]) {
      const { said, signal } = await start(step);
      expect([signal, said.split("\n").filter(Boolean).length]).toEqual(["SIGKILL", step]);
      // The server needs time to notice that its client is gone.
      await expect.poll(async () => (await idle()).length, { timeout: 45_000 }).toBe(0);
      await expectExact(deps);
    }
    expect((await start(0)).said).toContain("done\n");
    expect((await expectTidy(deps)).shown).toBe(KEPT);
  });

  it("because its time is up, it reports that it is incomplete", async () => {
    await aPast();
    const late = await runAt(deps, now, { endsAt: Date.now() - 1 });
    expect(late).toMatchObject({ busy: false, complete: false, postponed: [], horizon: null });
    expect(await tables(deps)).toMatchObject({ shown: 42 });
    expect(await runAt(deps, now)).toMatchObject({ complete: true });
    expect((await expectTidy(deps)).shown).toBe(KEPT);
  });
});

describe("of two concurrent runs", () => {
  it("the second returns at once and reports busy", async () => {
    await aPast();
    const inside = Promise.withResolvers<void>();
    const goOn = Promise.withResolvers<void>();
    const first = runAt(deps, now, {
      before: (name) => {
        if (name !== "remove an expired partition") return undefined;
        inside.resolve();
        return goOn.promise;
      },
    });
    await inside.promise;
    expect(await runAt(deps, now)).toMatchObject({ busy: true, complete: false });
    goOn.resolve();
    expect(await first).toMatchObject({ busy: false, complete: true });
    expect((await expectTidy(deps)).shown).toBe(KEPT);
    expect(await runAt(deps, now)).toMatchObject({ busy: false, complete: true });
  });
});

describe("rows in DEFAULT", () => {
  it("move into partitions of their own, while every count stays exact and workers continue", async () => {
    const { sql } = deps;
    // As if no partitions had been created for this week and the three before it.
    const names = await sql<{ name: string }[]>`
      SELECT relid::regclass::text AS name FROM pg_partition_tree('events')
       WHERE isleaf AND relid <> 'events_default'::regclass ORDER BY 1`;
    for (const { name } of names) await sql.unsafe(`DROP TABLE ${name}`);
    const weeks = [0, 1, 2, 3];
    const events = weeks.flatMap((week) =>
      Array.from({ length: 500 }, (_, n) => simulatedEvent(now - week * WEEK_MS - n)),
    );
    await workAt(deps, "acme", now, events);
    expect(await tables(deps)).toMatchObject({ inDefault: 2_000 });

    let running = true;
    let counts = 0;
    const read = async (): Promise<void> => {
      while (running) {
        const [row] = await sql`
          SELECT (SELECT count(*)::int FROM events) AS raw,
                 ${countedBy(sql, 1440, sql`true`, sql`'-infinity'`)} AS rollup,
                 (SELECT count(*)::int FROM events WHERE event_time < ${new Date(now - 10 * DAY_MS).toISOString()}::timestamptz) AS old`;
        expect([row?.raw, row?.old]).toEqual([row?.rollup, 1_000]);
        counts++;
      }
    };
    let written = 0;
    const write = async (): Promise<void> => {
      while (running) {
        await workAt(deps, "acme", now, [simulatedEvent(now)]);
        written++;
      }
    };
    const others = Promise.all([read(), read(), read(), write()]);
    await expect.poll(() => Math.min(counts, written), { timeout: 45_000 }).toBeGreaterThan(10);
    const seen = [counts, written];
    const done = await runAt(deps, now);
    await expect.poll(() => counts - (seen[0] ?? 0) > 10 && written - (seen[1] ?? 0) > 10).toBe(true);
    running = false;
    await others;
    expect(done).toMatchObject({ complete: true });
    expect((await expectTidy(deps)).shown).toBe(2_000 + written);
    expect((await deps.sql`SELECT FROM quarantine`).length).toBe(0);
    const bare = await sql`
      SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
       WHERE i.inhparent = 'events'::regclass AND (SELECT count(*) FROM pg_index x JOIN pg_inherits p ON p.inhrelid = x.indexrelid WHERE x.indrelid = c.oid) <> 2`;
    expect([...bare]).toEqual([]);
  });

  it("are moved in the audit log too, whatever their day", async () => {
    const { sql } = deps;
    await sealCalls(
      { sql },
      [0, 5, 59, 70].map((days) => aCall(now - days * DAY_MS)),
    );
    // Each call has its entry and its personal row.
    expect(await tables(deps)).toMatchObject({ inDefault: 6 });
    const done = await runAt(deps, now);
    expect(done.partitions_made).toHaveLength(4);
    expect(done.deleted.audit).toBe(1);
    expect(await tables(deps)).toMatchObject({ inDefault: 0 });
    const [left] = await sql`
      SELECT (SELECT count(*)::int FROM audit_log) AS entries, (SELECT count(*)::int FROM audit_personal) AS personal`;
    expect(left).toEqual({ entries: 3, personal: 3 });
  });
});

describe("a long query", () => {
  it("postpones maintenance, which does not block the worker meanwhile", async () => {
    await aPast();
    const reader = await deps.sql.reserve();
    await reader`BEGIN`;
    await reader`SELECT count(*) FROM events`;
    const attempts: string[] = [];
    const pace = { pauseMs: 20, attempts: 3, lockTimeoutMs: 100 };
    const run = runAt(deps, now, { pace, before: (name) => attempts.push(name) });
    let ended = false;
    void run.finally(() => {
      ended = true;
    });
    // Each of these must get through while maintenance requests its lock.
    let written = 0;
    while (!ended) {
      await workAt(deps, "acme", now, [simulatedEvent(now)]);
      written++;
    }
    const put = await run;
    expect(written).toBeGreaterThan(3);
    expect(put).toMatchObject({ complete: false, postponed: ["retention"] });
    expect(attempts.filter((name) => name === "detach a partition")).toHaveLength(3);
    await expectExact(deps);
    await reader`ROLLBACK`;
    reader.release();
    expect(await runAt(deps, now)).toMatchObject({ complete: true, postponed: [] });
    expect((await expectTidy(deps)).shown).toBe(KEPT + written);
  });
});
