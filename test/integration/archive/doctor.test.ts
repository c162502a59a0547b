import { expect, it } from "vitest";
import { DAY_MS, HOUR_MS } from "../../../lib/base/time.ts";
import { examineArchive } from "../../../lib/doctor/archive.ts";
import { testArchive, withArchive } from "../../support/archive.ts";
import { runAt, simulatedEvent, workAt } from "../../support/maintenance.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

/** Noon of yesterday, so that it is past whatever the hour, and neighbouring days are clear. */
const now = Math.floor(Date.now() / DAY_MS) * DAY_MS - 12 * HOUR_MS;

it("says what the archive has, what it lacks, and what waits for it", async () => {
  const off = await testDeps({ retentionDays: 60 });
  const deps = withArchive(off, await testArchive());
  await addClient(deps, "acme");
  expect(await examineArchive(off, now)).toEqual([]);
  expect(await examineArchive(deps, now)).toMatchObject([
    { state: "ok", found: "has 0 events in 0 days of clients, and every closed day" },
  ]);
  const old = now - 80 * DAY_MS;
  await workAt(deps, "acme", old, [simulatedEvent(old), simulatedEvent(now - DAY_MS), simulatedEvent(now)]);
  const day = new Date(old).toISOString().slice(0, 10);
  expect(await examineArchive(deps, now)).toMatchObject([
    {
      state: "warning",
      found: "has 0 events in 0 days of clients; 2 closed days are missing or have changed",
    },
    { state: "warning", found: `retention waits for ${day} of acme` },
  ]);
  await runAt(deps, now);
  await deps.sql`
    INSERT INTO erasures (erasure_id, client_id, property, value, value_sha256, events_to)
    VALUES (gen_random_uuid(), 'acme', 'payload.a', '1', sha256('x'), 'infinity')`;
  expect(await examineArchive(deps, now)).toMatchObject([
    { state: "ok", found: "has 2 events in 2 days of clients, and every closed day" },
    { state: "warning", found: "1 erasures wait for it" },
  ]);
  expect(await examineArchive(off, now)).toMatchObject([
    { state: "warning", found: expect.stringContaining("ARCHIVE_BUCKET is not set here") },
  ]);
});
