import { describe, expect, it } from "vitest";
import * as analytics from "../../../lib/analytics/contract.ts";
import { eventKey, uuidv7 } from "../../../lib/base/ids.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import * as events from "../../../lib/events/contract.ts";
import { keyOf } from "../../../lib/postgres/fragments.ts";
import { clampStart } from "../../../lib/storage/horizon.ts";
import { askerOf, insertMany } from "../../support/http/reading.ts";
import { expectExact, expectTidy, runAt, simulatedEvent, tables, workAt } from "../../support/maintenance.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const settings = { retentionDays: 60, auditRetentionDays: 30 };

describe("a year of maintenance", () => {
  it("keeps rollups, rows and ledger consistent at each step, with late and early events", async () => {
    const deps = await testDeps(settings);
    for (const client of ["one", "two"]) await addClient(deps, client);
    const begin = Date.now();
    let horizon = "";
    const dropped: string[] = [];
    for (let day = 0; day <= 365; day += 5) {
      const now = begin + day * DAY_MS;
      for (const client of ["one", "two"])
        await workAt(deps, client, now, [
          ...[0, 0.3, 4.9].map((late) => simulatedEvent(now - late * DAY_MS)),
          // As late and as early as ingest accepts them.
          simulatedEvent(now - settings.retentionDays * DAY_MS),
          simulatedEvent(now + DAY_MS),
          // So late that only a stalled queue can cause it.
          simulatedEvent(now - 100 * DAY_MS),
        ]);
      await expectExact(deps);
      const done = await runAt(deps, now);
      expect(done).toMatchObject({ busy: false, complete: true, postponed: [] });
      expect(done.horizon && done.horizon >= horizon).toBe(true);
      horizon = done.horizon ?? "";
      dropped.push(...done.deleted.partitions);
      await expectTidy(deps);
    }
    expect(new Set(dropped).size).toBe(dropped.length);
    expect(dropped.filter((name) => name.startsWith("events_")).length).toBeGreaterThan(52);
    expect(dropped.filter((name) => name.startsWith("audit_log_")).length).toBeGreaterThan(300);
    // A Monday, at least as far back as ingest accepts events.
    expect(new Date(horizon).getUTCDay()).toBe(1);
    expect(Date.parse(horizon)).toBeLessThanOrEqual(begin + (365 - 60) * DAY_MS);
    const [rows] = await deps.sql`
      SELECT (SELECT count(*)::int FROM receipts) AS receipts, (SELECT min(received_at) FROM receipts) AS oldest,
             (SELECT min(at) FROM audit_log) AS audit`;
    expect(rows?.receipts).toBeLessThan(2 * 15);
    expect(rows?.oldest.getTime()).toBeGreaterThan(begin + (365 - 61) * DAY_MS);
    expect(rows?.audit.getTime()).toBeGreaterThan(begin + (365 - 32) * DAY_MS);
  });
});

describe("a run", () => {
  it("builds the index by type of a week that is over, and holds no snapshot meanwhile", async () => {
    const deps = await testDeps();
    await addClient(deps, "acme");
    const now = Date.now();
    const at = new Date(now - 21 * DAY_MS).toISOString();
    await insertMany(deps, 6_000, () => ({ event_time: at, payload: `{"text":"${"x".repeat(100)}"}` }));
    const held: unknown[] = [];
    const before = async (): Promise<void> => {
      const rows = await deps.sql`
        SELECT query FROM pg_stat_activity
         WHERE datname = current_database() AND state = 'idle in transaction' AND backend_xmin IS NOT NULL`;
      held.push(...rows);
    };
    const done = await runAt(deps, now, { before, endsAt: now + 30_000 });
    expect(held).toEqual([]);
    expect(done).toMatchObject({ complete: true });
    expect(done.indexes_built).toEqual([expect.stringMatching(/_type_client_time$/)]);
  });
});

describe("the ledger's key computed in SQL", () => {
  it("equals the key computed in TypeScript", async () => {
    const { sql } = await testDeps();
    const uuid = uuidv7(Date.now());
    const uuids = [uuid, uuid.toUpperCase(), `${uuid}\n`, ` ${uuid}`];
    const ids = [...uuids, "order-1", "日本語", "x".repeat(200), "{}", "\n"];
    const rows = await sql`SELECT id, ${keyOf(sql, "id")} AS key FROM unnest(${ids}::text[]) AS t(id)`;
    expect(rows.map(({ key }) => key)).toEqual(ids.map(eventKey));
  });
});

describe("the horizon", () => {
  const start = async () => {
    const deps = await testDeps(settings);
    await addClient(deps, "acme");
    return { deps, now: Date.now() };
  };

  it("hides a week at once, and keeps what it hides complete for a minute", async () => {
    const { deps, now } = await start();
    const old = [simulatedEvent(now - 80 * DAY_MS), simulatedEvent(now - 79 * DAY_MS)];
    await workAt(deps, "acme", now - 70 * DAY_MS, [...old, simulatedEvent(now)]);
    const first = await runAt(deps, now, { graceMs: 60_000 });
    expect(first.deleted).toMatchObject({ partitions: [], ledger: 0, rollups: 0 });
    expect(await tables(deps)).toMatchObject({ shown: 1, events: 3, ledger: 3 });
    await deps.sql`UPDATE retention SET moved_at = moved_at - interval '61 seconds'`;
    const second = await runAt(deps, now, { graceMs: 60_000 });
    expect(second.deleted.ledger).toBe(2);
    await expectTidy(deps);
  });

  it("keeps the newer of two events with one id when the older has expired", async () => {
    const { deps, now } = await start();
    await workAt(deps, "acme", now, [simulatedEvent(now)]);
    await runAt(deps, now);
    // Left by a run that was killed after it released the old event's id, but before it recorded that.
    await deps.sql`CREATE TABLE events_20200106 (LIKE events INCLUDING DEFAULTS)`;
    await deps.sql`
      INSERT INTO events_20200106 SELECT client_id, event_id, event_type, '2020-01-07', received_at, processed_at,
                                         receipt_id, payload FROM events`;
    await deps.sql`INSERT INTO expired_partitions (name) VALUES ('events_20200106')`;
    await runAt(deps, now);
    expect(await expectTidy(deps)).toMatchObject({ shown: 1 });
  });

  it("moves back for a longer retention, once everything that it hid is deleted", async () => {
    const { deps, now } = await start();
    await workAt(deps, "acme", now, [simulatedEvent(now - 80 * DAY_MS)]);
    const { horizon } = await runAt(deps, now, { graceMs: 60_000 });
    const longer = { ...deps, config: { ...deps.config, retentionDays: 90 } };
    // The week is hidden, and might be partly deleted.
    expect((await runAt(longer, now)).horizon).toBe(horizon);
    const back = await runAt(longer, now);
    expect(Date.parse(back.horizon ?? "")).toBeLessThan(Date.parse(horizon ?? ""));
    await workAt(deps, "acme", now, [simulatedEvent(now - 80 * DAY_MS)]);
    expect(await tables(deps)).toMatchObject({ shown: 1, inDefault: 0 });
    await expectTidy(deps);
  });

  it("is the earliest start of every query, whatever its range", async () => {
    const deps = await testDeps(settings);
    const ask = await askerOf(deps, "acme");
    const now = Date.now();
    const [old, young] = [simulatedEvent(now - 80 * DAY_MS), simulatedEvent(now - DAY_MS)] as const;
    await workAt(deps, "acme", now, [old, young]);
    const answers = async () => {
      const query = { start: "2020-01-01T00:00:00.5Z" };
      const [all, since, group, latency, list, single] = await Promise.all([
        ask(analytics.countEvents),
        ask(analytics.countEvents, { query }),
        ask(analytics.groupEvents, { query: { by: "client" } }),
        ask(analytics.getLatency, { query }),
        ask(events.listEvents),
        ask(events.getEvent, { params: { event_id: old.eventId } }),
      ]);
      const groups = group.body.groups as { count: number }[];
      const listed = (list.body.events as unknown[]).length;
      return [all.body.count, since.body.count, groups[0]?.count, latency.body.count, listed, single.status];
    };
    expect(await answers()).toEqual([2, 2, 2, 2, 2, 200]);
    await runAt(deps, now, { graceMs: 60_000 });
    expect(await answers()).toEqual([1, 1, 1, 1, 1, 404]);
    // Not deleted yet: only the horizon hides it.
    expect(await tables(deps)).toMatchObject({ events: 2, ledger: 2 });
  });

  it("limits a query that starts earlier", () => {
    const horizon = { ms: 1_000, text: "1970-01-01T00:00:01.000Z" };
    const earlier = { ms: 999, text: "1970-01-01T00:00:00.999999Z" };
    const later = { ms: 1_000, text: "1970-01-01T00:00:01.000001Z" };
    expect(clampStart(undefined, horizon)).toBe(horizon);
    expect(clampStart(earlier, horizon)).toBe(horizon);
    expect(clampStart(later, horizon)).toBe(later);
  });
});

describe("operational records", () => {
  it("are deleted after their retention, except events queued again by a redrive", async () => {
    const deps = await testDeps({ retentionDays: 3 });
    const { sql } = deps;
    const now = Date.now();
    const ago = (days: number): string => new Date(now - days * DAY_MS).toISOString();
    for (const days of [2, 4, 29, 31]) {
      await sql`INSERT INTO health_checks VALUES (${ago(days)}, 'ok', '{}')`;
      await sql`
        INSERT INTO receipts (receipt_id, client_id, received_at, accepted, stored, duplicates, quarantined)
        VALUES (${uuidv7(now - days * DAY_MS)}, 'acme', ${ago(days)}, 1, 1, 0, 0)`;
      for (const redriven of [null, ago(0)])
        await sql`
          INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, quarantined_at, receipt_id, redriven_at)
          VALUES ('acme', ${uuidv7(now)}, 'x', 'r', 'd', ${ago(days)}, ${ago(days)}, ${uuidv7(now)}, ${redriven})`;
    }
    const { deleted } = await runAt(deps, now);
    // Receipts stay for as long as a message may be redelivered.
    expect(deleted).toMatchObject({ health_checks: 3, quarantine: 3, receipts: 1 });
    const [left] = await sql`
      SELECT (SELECT count(*)::int FROM health_checks) AS health, (SELECT count(*)::int FROM quarantine) AS quarantine,
             (SELECT count(*)::int FROM receipts) AS receipts`;
    expect(left).toEqual({ health: 1, quarantine: 5, receipts: 3 });
  });

  it("of audit rows that only a log has are deleted with the entries of their day", async () => {
    const deps = await testDeps({ auditRetentionDays: 30 });
    const { sql } = deps;
    const now = Date.now();
    const [kept, gone] = [28, 32].map((days) => uuidv7(now - days * DAY_MS));
    await sql`INSERT INTO audit_unqueued VALUES (${kept ?? ""}, false), (${gone ?? ""}, false)`;
    await runAt(deps, now);
    expect(await sql`SELECT request_id FROM audit_unqueued`).toEqual([{ request_id: kept }]);
  });
});
