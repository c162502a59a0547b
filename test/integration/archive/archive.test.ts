import { hash, randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { readInOrder, selectStretch } from "../../../lib/archive/sql/read-events.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/base/time.ts";
import type { Transaction } from "../../../lib/postgres/client.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import {
  archivedEvents,
  READ,
  storedEvents,
  type TestArchive,
  testArchive,
  withArchive,
} from "../../support/archive.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { runAt, type SimulatedEvent, simulatedEvent, workAt } from "../../support/maintenance.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";
import { freePort } from "../../support/servers/ports.ts";

let deps: Deps;
let archive: TestArchive;
/** Noon of yesterday, so that it is past whatever the hour, and neighbouring days are clear. */
const now = Math.floor(Date.now() / DAY_MS) * DAY_MS - 12 * HOUR_MS;
const dayAt = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const DAY = dayAt(now - DAY_MS);

beforeEach(async () => {
  archive = await testArchive();
  deps = withArchive(await testDeps({ retentionDays: 60 }), archive);
  for (const client of ["acme", "2026"]) await addClient(deps, client);
});

describe("the archive", () => {
  it("has every event of closed days, exactly, and none of other days", async () => {
    const payloads = [
      '{"n":12345678901234567890}',
      '{"x":1.50,"é":"\\u00e9 日本 \\n"}',
      "-0.0e-1",
      '"a\\tb"',
      "null",
    ];
    const rows = payloads.flatMap((payload, n) =>
      ["acme", "2026"].map((clientId) =>
        anEventRow({
          clientId,
          eventId: n === 0 ? randomUUID() : `id ${n} 日本 '"`,
          timestamp: `${DAY}T23:59:59.99999${n}Z`,
          receivedAt: new Date(now - HOUR_MS).toISOString(),
          payload,
          ...(n % 2 === 0 && { trace: "0af7651916cd43dd8448eb211c80319cb7ad6b716920333101" }),
        }),
      ),
    );
    await storeEvents(deps.sql, rows);
    const expected = await storedEvents(deps);
    await storeEvents(deps.sql, [anEventRow({ timestamp: new Date(now - 12 * HOUR_MS).toISOString() })]);
    const done = await runAt(deps, now);
    expect(done).toMatchObject({ complete: true, waits_for_archive: null });
    expect(done.archived).toEqual({ days: 2, files: 2, events: 10, erased_files: 0 });
    expect(await archivedEvents(archive)).toEqual([...expected]);
    expect([...(await archive.objects()).keys()].sort()).toEqual(
      ["2026", "acme"].flatMap((client) =>
        ["_manifest.json", "part-00000.parquet"].map((name) => `events/client=${client}/day=${DAY}/${name}`),
      ),
    );
  });

  it("lists the files of a day with their digests in a manifest", async () => {
    await workAt(deps, "acme", now, [simulatedEvent(now - DAY_MS), simulatedEvent(now - DAY_MS + 5)]);
    await runAt(deps, now);
    const manifest = await archive.manifest("acme", DAY);
    const file =
      (await archive.objects()).get(`events/client=acme/day=${DAY}/part-00000.parquet`) ?? Buffer.of();
    const times = { min_time: `${DAY}T12:00:00.000000Z`, max_time: `${DAY}T12:00:00.005000Z` };
    expect(manifest).toEqual({
      version: 1,
      client: "acme",
      day: DAY,
      created_at: expect.any(String),
      rows: 2,
      ...times,
      feed: { history: expect.stringMatching(/^[0-9a-f]{12}$/), position: expect.any(Number) },
      files: [
        {
          name: "part-00000.parquet",
          rows: 2,
          bytes: file.length,
          sha256: hash("sha256", file, "hex"),
          ...times,
        },
      ],
    });
    const [place] = await deps.sql`SELECT feed_end()::int AS position, (feed_state()).history AS history`;
    expect(manifest.feed).toEqual(place);
  });

  it("writes nothing again without changes, nor if the day is not closed for six hours", async () => {
    await workAt(deps, "acme", now, [simulatedEvent(now - DAY_MS), simulatedEvent(now)]);
    await runAt(deps, now);
    expect(await archive.written()).toBe(2);
    const midnight = now + 12 * HOUR_MS;
    for (const at of [now, midnight + 6 * HOUR_MS - 1]) {
      expect((await runAt(deps, at)).archived).toMatchObject({ days: 0, files: 0 });
      expect(await archive.written()).toBe(0);
    }
    expect((await runAt(deps, midnight + 6 * HOUR_MS)).archived).toMatchObject({ days: 1, files: 1 });
  });

  it("divides a day by bytes, at any event, also among those of one time", async () => {
    const at = now - DAY_MS;
    const many = Array.from({ length: 500 }, (_, n) => ({
      ...simulatedEvent(at + Math.floor(n / 200)),
      payload: JSON.stringify({ text: "x".repeat(200) }),
    }));
    await workAt(deps, "acme", now, many);
    const done = await runAt(deps, now, { archiveFileBytes: 40_000 });
    expect(done.archived).toMatchObject({ days: 1, events: 500 });
    expect(done.archived.files).toBeGreaterThan(5);
    const { files } = await archive.manifest("acme", DAY);
    expect(files).toHaveLength(done.archived.files);
    expect(await archivedEvents(archive)).toEqual([...(await storedEvents(deps))]);
    // Only the file that a late event belongs to is written again.
    await archive.written();
    await workAt(deps, "acme", now, [simulatedEvent(at - 1)]);
    const late = await runAt(deps, now, { archiveFileBytes: 40_000 });
    expect(late.archived).toMatchObject({ days: 1, files: 1, events: 501 });
    expect(await archive.written()).toBe(2);
    expect(await archivedEvents(archive)).toEqual([...(await storedEvents(deps))]);
    // It is divided evenly when it has grown too large.
    const more = Array.from({ length: 150 }, (_, n) => ({
      ...(many[0] as SimulatedEvent),
      ...simulatedEvent(at - 9 - n),
    }));
    await workAt(deps, "acme", now, more);
    const divided = await runAt(deps, now, { archiveFileBytes: 40_000 });
    expect(divided.archived).toMatchObject({ days: 1, events: 651 });
    expect(await archive.written()).toBe(divided.archived.files + 1);
    const { files: all } = await archive.manifest("acme", DAY);
    expect(all.length - files.length).toBe(divided.archived.files - 1);
    expect(all.map(({ min_time: from }) => from)).toEqual(all.map(({ min_time: from }) => from).toSorted());
    const sizes = all.slice(0, -1).map(({ rows }) => rows);
    expect(sizes.filter((rows) => rows < 40 || rows > 80)).toEqual([]);
    expect(await archivedEvents(archive)).toEqual([...(await storedEvents(deps))]);
  });

  it("reads a day in the order of its index, so that no file sorts the rest of the day", async () => {
    const from = { time: `${DAY}T00:00:00.000000Z`, id: "" };
    const stretch = { clientId: "acme", from, end: { time: `${DAY}T23:00:00.000000Z`, id: "" } };
    await deps.sql`
      INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload)
      SELECT 'acme', n::text, 't', ${from.time}::timestamptz + n * interval '1 second', now(), now(), gen_random_uuid(), '{}'
        FROM generate_series(1, 20000) n`;
    await deps.sql`ANALYZE events`;
    const plan = async (prepare: (tx: Transaction) => Promise<void>): Promise<string> => {
      const found: Record<string, unknown>[] = [];
      await transaction(deps.sql, async (tx) => {
        await prepare(tx);
        found.push(...(await tx`EXPLAIN ${selectStretch(tx, stretch, 100_000)}`));
        throw new Error("Rolled back.");
      }).catch((error: Error) => expect(error.message).toBe("Rolled back."));
      return found.map((row) => row["QUERY PLAN"]).join("\n");
    };
    const ordered = await plan(readInOrder);
    expect(ordered).toMatch(/Index Scan/);
    expect(ordered).not.toMatch(/Sort {2}\(|Seq Scan/);
    // A large partition that has the index of the version before until maintenance has built the new one.
    const before = await plan(async (tx) => {
      await tx`DROP INDEX events_client_time_id`;
      await tx`CREATE INDEX ON events (client_id, event_time)`;
      await readInOrder(tx);
    });
    expect(before).toMatch(/Incremental Sort.*Presorted Key: [\w.]*event_time.*Index Scan/s);
    expect(before).not.toMatch(/(?<!Incremental )Sort {2}\(|Seq Scan/);
  });

  it("is off without a bucket", async () => {
    const off = { ...deps, config: { ...deps.config, archive: undefined } };
    await workAt(off, "acme", now, [simulatedEvent(now - DAY_MS)]);
    expect(await runAt(off, now)).toMatchObject({ complete: true, archived: { days: 0 } });
    expect((await deps.sql`SELECT FROM archive_days`).length).toBe(0);
  });

  it("continues after a run was killed before any of its steps, and has each event once at any time", async () => {
    const many = [0, 1].flatMap((days) =>
      Array.from({ length: 20 }, (_, n) => ({
        ...simulatedEvent(now - (days + 1) * DAY_MS + n),
        payload: JSON.stringify({ text: "x".repeat(200) }),
      })),
    );
    await workAt(deps, "acme", now, many);
    const options = { archiveFileBytes: 2_000 };
    let killed = 0;
    const seen = new Set<string>();
    for (let over = false; !over; ) {
      let left = killed;
      const run = runAt(deps, now, {
        ...options,
        before: (name) => {
          if (!name.includes("archive")) return;
          seen.add(name);
          if (left-- === 0) throw new Error("killed");
        },
      });
      over = (await run.catch((error: Error) => error.message)) !== "killed";
      killed++;
      if ((await archive.objects()).size === 0) continue;
      const [row] = await archive.query(
        `SELECT count(*)::INT AS n, count(DISTINCT event_id)::INT AS ids FROM ${READ}`,
      );
      expect(row?.n).toBe(row?.ids);
    }
    expect(killed).toBeGreaterThan(10);
    expect([...seen].sort()).toEqual([
      "add a file to the archive",
      "announce a file of the archive",
      "claim a day of the archive",
      "count events for the archive",
      "read events for the archive",
      "record a file of the archive",
      "record a manifest of the archive",
    ]);
    expect(await archivedEvents(archive)).toEqual([...(await storedEvents(deps))]);
    expect((await runAt(deps, now, options)).archived).toMatchObject({ days: 0, files: 0 });
  });

  it("leaves a day to the run that claimed it last", async () => {
    await workAt(deps, "acme", now, [simulatedEvent(now - DAY_MS)]);
    const done = await runAt(deps, now, {
      // As if the lock of this run's maintenance had been lost and another one had begun.
      before: async (name) => {
        if (name === "announce a file of the archive")
          await deps.sql`UPDATE archive_days SET claim = ${randomUUID()}`;
      },
    });
    expect(done.archived).toMatchObject({ days: 0, files: 0 });
    expect((await archive.objects()).size).toBe(0);
    expect((await runAt(deps, now)).archived).toMatchObject({ days: 1, files: 1 });
  });

  it("refuses to replace a file by one with fewer events, and archives the other days", async () => {
    await workAt(deps, "acme", now, [simulatedEvent(now - DAY_MS), simulatedEvent(now - DAY_MS)]);
    await runAt(deps, now);
    await deps.sql`DELETE FROM events WHERE ctid IN (SELECT ctid FROM events LIMIT 1)`;
    await workAt(deps, "acme", now, [simulatedEvent(now - 2 * DAY_MS)]);
    await deps.sql`UPDATE archive_days SET manifest_sha256 = NULL`;
    await expect(runAt(deps, now)).rejects.toThrow(`File 0 of acme ${DAY} has 2 events, the database 1.`);
    expect(await archive.query(`SELECT count(*)::INT AS n FROM ${READ}`)).toEqual([{ n: 3 }]);
  });

  it("does not stop the rest of the maintenance while the bucket is away, and then catches up", async () => {
    const away = withArchive(deps, {
      settings: { ...archive.settings, endpoint: `http://127.0.0.1:${await freePort()}` },
    });
    await workAt(deps, "acme", now, [simulatedEvent(now - DAY_MS)]);
    await expect(runAt(away, now)).rejects.toThrow(/ECONNREFUSED/);
    expect((await runAt(deps, now)).archived).toMatchObject({ days: 1, events: 1 });
    expect(await archivedEvents(archive)).toEqual([...(await storedEvents(deps))]);
  });
});
