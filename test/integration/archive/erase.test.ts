import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { DAY_MS, HOUR_MS } from "../../../lib/base/time.ts";
import {
  archivedEvents,
  READ,
  storedEvents,
  type TestArchive,
  testArchive,
  withArchive,
} from "../../support/archive.ts";
import { countFound, type ErasureCalls, erasureSystem, SUBJECT } from "../../support/erasures.ts";
import { expectTidy, runAt, simulatedEvent, workAt } from "../../support/maintenance.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

let deps: Deps;
let archive: TestArchive;
let erase: ErasureCalls["erase"];
let look: ErasureCalls["look"];
vi.mock("../../../lib/app/connect-once.ts", () => ({ getDeps: () => deps, getConnectedDeps: () => deps }));
const { handler: admin } = await import("../../../functions/admin.ts");

/** Noon of yesterday, so that it is past whatever the hour, and neighbouring days are clear. */
const now = Math.floor(Date.now() / DAY_MS) * DAY_MS - 12 * HOUR_MS;
const of = (email: unknown) => JSON.stringify({ user: { email }, n: 1 });
const status = async (id: unknown) => (await look(id)).body.status;
const inBucket = async (text: string): Promise<number> =>
  Number(
    (await archive.query(`SELECT count(*)::INT AS n FROM ${READ} WHERE payload LIKE '%${text}%'`))[0]?.n,
  );

beforeEach(async () => {
  archive = await testArchive();
  deps = withArchive(await testDeps({ retentionDays: 60 }), archive);
  ({ erase, look } = await erasureSystem(deps, admin));
  await addClient(deps, "other");
});

/** Ten events on each of two days, every other one the subject's, and one of another client. */
async function archiveEvents(at: number): Promise<void> {
  for (const days of [1, 2]) {
    const events = Array.from({ length: 10 }, (_, n) => ({
      ...simulatedEvent(at - days * DAY_MS + n),
      payload: of(n % 2 === 0 ? SUBJECT : "bob@example.org"),
    }));
    await workAt(deps, "shop", at, events);
  }
  await workAt(deps, "other", at, [{ ...simulatedEvent(at - DAY_MS), payload: of(SUBJECT) }]);
  await runAt(deps, at, { archiveFileBytes: 900 });
}

describe("an erasure", () => {
  it("completes only when the archive has no payload of the subject, and changes nothing else", async () => {
    await archiveEvents(now);
    await archive.written();
    const { body } = await erase();
    expect(body).toMatchObject({ status: "running", events_erased: 10 });
    expect(await inBucket(SUBJECT)).toBe(11);
    const done = await runAt(deps, now);
    expect(done).toMatchObject({ complete: true, erasures_completed: 1, archived: { days: 0, files: 0 } });
    expect(done.archived.erased_files).toBeGreaterThan(2);
    expect(await archive.written()).toBe(done.archived.erased_files + 2);
    expect(await status(body.erasure_id)).toBe("completed");
    expect(await inBucket(SUBJECT)).toBe(1);
    expect(await inBucket("bob@example.org")).toBe(10);
    expect(await archivedEvents(archive)).toEqual([...(await storedEvents(deps))]);
    for (const days of [1, 2]) {
      const day = new Date(now - days * DAY_MS).toISOString().slice(0, 10);
      expect(await archive.manifest("shop", day)).toMatchObject({ rows: 10 });
    }
    expect((await runAt(deps, now)).archived).toEqual({ days: 0, files: 0, events: 0, erased_files: 0 });
  });

  it("reaches days whose events have expired", async () => {
    const old = now - 100 * DAY_MS;
    await archiveEvents(old);
    const all = await archivedEvents(archive);
    await runAt(deps, now);
    expect(await expectTidy(deps)).toMatchObject({ shown: 0 });
    const { body } = await erase();
    expect(body).toMatchObject({ status: "running", events_erased: 0 });
    expect(await runAt(deps, now)).toMatchObject({ erasures_completed: 1 });
    expect(await status(body.erasure_id)).toBe("completed");
    const erased = all.map((event) =>
      event.client === "shop" && String(event.payload).includes(SUBJECT)
        ? { ...event, payload: '{"erased":true}' }
        : event,
    );
    expect(await archivedEvents(archive)).toEqual(erased);
    expect(await countFound(deps, SUBJECT)).toBe(0);
  });

  it("continues after a run was killed before any of its steps", async () => {
    const old = now - 100 * DAY_MS;
    await archiveEvents(old);
    await runAt(deps, now);
    const { body } = await erase();
    let killed = 0;
    for (let over = false; !over; ) {
      let left = killed;
      const run = runAt(deps, now, {
        before: (name) => {
          if (name.includes("archive") && left-- === 0) throw new Error("killed");
        },
      });
      over = (await run.catch((error: Error) => error.message)) !== "killed";
      expect((await status(body.erasure_id)) === "completed").toBe(over);
      if (!over) killed++;
    }
    expect(killed).toBeGreaterThan(5);
    expect(await inBucket(SUBJECT)).toBe(1);
    expect(await archive.query(`SELECT count(*)::INT AS n FROM ${READ}`)).toEqual([{ n: 21 }]);
    const day = new Date(old - DAY_MS).toISOString().slice(0, 10);
    const { files } = await archive.manifest("shop", day);
    const objects = await archive.objects();
    expect(files.map(({ bytes }) => bytes)).toEqual(
      files.map(({ name }) => objects.get(`events/client=shop/day=${day}/${name}`)?.length),
    );
  });

  it("that is made while a day is being archived is carried out in that day", async () => {
    const events = [{ ...simulatedEvent(now - DAY_MS), payload: of(SUBJECT) }];
    await workAt(deps, "shop", now, events);
    let id: unknown;
    await runAt(deps, now, {
      before: async (name) => {
        if (name !== "announce a file of the archive" || id !== undefined) return;
        // The events are read, and not written yet.
        id = (await erase()).body.erasure_id;
        expect(await status(id)).toBe("running");
      },
    });
    expect(id).toBeDefined();
    await runAt(deps, now);
    expect(await status(id)).toBe("completed");
    expect(await inBucket(SUBJECT)).toBe(0);
  });

  it("compares numbers as the database does", async () => {
    const payloads = ["7", "7.00", "70e-1", '"7"', "12345678901234567890"].map((value) => `{"id":${value}}`);
    const events = payloads.map((payload) => ({ ...simulatedEvent(now - DAY_MS), payload }));
    await workAt(deps, "shop", now, events);
    await runAt(deps, now);
    await erase({ client: "shop", property: "payload.id", value: 7 });
    await runAt(deps, now);
    const payloadsOf = async (rows: Promise<Record<string, unknown>[]>) =>
      (await rows).map(({ payload }) => payload);
    const archived = await payloadsOf(archivedEvents(archive));
    expect(archived).toEqual(await payloadsOf(storedEvents(deps)));
    expect(archived.filter((payload) => payload === '{"erased":true}')).toHaveLength(3);
  });

  it("waits, and reports it, if a file is not what was written", async () => {
    await archiveEvents(now);
    const day = new Date(now - DAY_MS).toISOString().slice(0, 10);
    await archive.put(`events/client=shop/day=${day}/part-00000.parquet`, Buffer.from("other"));
    const { body } = await erase();
    await expect(runAt(deps, now)).rejects.toThrow(/part-00000.parquet is not what was written/);
    expect(await status(body.erasure_id)).toBe("running");
  });

  it("does not wait for files that were deleted from the bucket", async () => {
    await archiveEvents(now);
    for (const key of (await archive.objects()).keys()) await archive.remove(key);
    const { body } = await erase();
    expect(await runAt(deps, now)).toMatchObject({ complete: true, erasures_completed: 1 });
    expect(await status(body.erasure_id)).toBe("completed");
  });

  it("waits while the archive is switched off, since its files may hold the payload", async () => {
    await archiveEvents(now);
    const off = { ...deps, config: { ...deps.config, archive: undefined } };
    const { body } = await erase();
    await runAt(off, now);
    expect(await status(body.erasure_id)).toBe("running");
    await runAt(deps, now);
    expect(await status(body.erasure_id)).toBe("completed");
    expect(await inBucket(SUBJECT)).toBe(1);
  });
});
