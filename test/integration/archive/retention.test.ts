import { beforeEach, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/base/time.ts";
import {
  archivedEvents,
  storedEvents,
  type TestArchive,
  testArchive,
  withArchive,
} from "../../support/archive.ts";
import { expectExact, expectTidy, runAt, simulatedEvent, tables, workAt } from "../../support/maintenance.ts";
import { declare, expectMeters } from "../../support/meters.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";
import { freePort } from "../../support/servers/ports.ts";

const WEEK_MS = 7 * DAY_MS;
let deps: Deps;
let away: Deps;
let archive: TestArchive;
/** Noon of yesterday, so that it is past whatever the hour, and neighbouring days are clear. */
const now = Math.floor(Date.now() / DAY_MS) * DAY_MS - 12 * HOUR_MS;

beforeEach(async () => {
  archive = await testArchive();
  deps = withArchive(await testDeps({ retentionDays: 60 }), archive);
  away = withArchive(deps, {
    settings: { ...archive.settings, endpoint: `http://127.0.0.1:${await freePort()}` },
  });
  for (const client of ["acme", "shop"]) await addClient(deps, client);
});

describe("retention", () => {
  it("waits while the bucket is away, week by week, and drops what is archived", async () => {
    const old = now - 12 * WEEK_MS;
    await workAt(deps, "acme", old, [simulatedEvent(old), simulatedEvent(old + WEEK_MS)]);
    await workAt(deps, "shop", old, [simulatedEvent(old)]);
    const day = new Date(old).toISOString().slice(0, 10);
    for (let n = 0; n < 2; n++) {
      await expect(runAt(away, now)).rejects.toThrow(/ECONNREFUSED/);
      expect(await expectExact(deps)).toMatchObject({ shown: 3, events: 3, detached: 0 });
    }
    const all = await storedEvents(deps);
    const caughtUp = await runAt(deps, now);
    expect(caughtUp).toMatchObject({ complete: true, waits_for_archive: { clientId: "acme", day } });
    expect(caughtUp.archived).toMatchObject({ days: 3, events: 3 });
    // The horizon is before the week that it waited for, and not at the beginning of all time.
    expect(caughtUp.horizon?.slice(0, 10)).toBe(
      new Date(Date.parse(day) - mondayOffset(day)).toISOString().slice(0, 10),
    );
    const dropped = await runAt(deps, now);
    expect(dropped).toMatchObject({ waits_for_archive: null, archived: { days: 0 } });
    expect(dropped.deleted.partitions.filter((name) => name.startsWith("events_")).length).toBeGreaterThan(1);
    expect(await expectTidy(deps)).toMatchObject({ shown: 0 });
    expect(await archivedEvents(archive)).toEqual([...all]);
    expect((await runAt(deps, now)).archived).toMatchObject({ days: 0, files: 0 });
  });

  it("hides only the weeks before the first one that is not archived", async () => {
    const [first, second] = [now - 12 * WEEK_MS, now - 11 * WEEK_MS];
    await workAt(deps, "acme", first, [simulatedEvent(first)]);
    await runAt(deps, first + 2 * DAY_MS);
    await workAt(deps, "acme", second, [simulatedEvent(second)]);
    await expect(runAt(away, now)).rejects.toThrow(/ECONNREFUSED/);
    expect(await expectTidy(deps)).toMatchObject({ shown: 1 });
  });

  it("waits for an event that is stored after its week was archived and hidden", async () => {
    const old = now - 12 * WEEK_MS;
    await declare(deps, { client_id: "acme", name: "late", event_type: `type-${old % 3}` });
    await workAt(deps, "acme", old, [simulatedEvent(old)]);
    await runAt(deps, old + 2 * DAY_MS);
    // Hides the week, which stays complete for a minute.
    await runAt(deps, now, { graceMs: 60_000 });
    await workAt(deps, "acme", now, [simulatedEvent(old + HOUR_MS)]);
    const all = await storedEvents(deps);
    expect(all).toHaveLength(2);
    const late = await runAt(deps, now);
    expect(late).toMatchObject({ complete: true, archived: { days: 1, files: 1, events: 2 } });
    expect(late.deleted.partitions).toEqual([]);
    expect(await tables(deps)).toMatchObject({ shown: 0, events: 2 });
    // Like the rollups, those of meters stay with the events.
    expect(await expectMeters(deps)).toBeGreaterThan(0);
    await runAt(deps, now);
    await expectTidy(deps);
    expect(await expectMeters(deps)).toBe(0);
    expect(await archivedEvents(archive)).toEqual([...all]);
  });

  it("does not wait without an archive", async () => {
    const old = now - 12 * WEEK_MS;
    await workAt(deps, "acme", old, [simulatedEvent(old)]);
    const off = { ...deps, config: { ...deps.config, archive: undefined } };
    expect(await runAt(off, now)).toMatchObject({ waits_for_archive: null });
    expect(await expectTidy(deps)).toMatchObject({ shown: 0 });
  });
});

/** Milliseconds from the week's Monday to the day. */
const mondayOffset = (day: string): number => ((new Date(day).getUTCDay() + 6) % 7) * DAY_MS;
