/** Packs days that are over: one row for each client, type and day replaces their rollups, and one for each meter, day and dimensions. */
import { GRAINS } from "../analytics/range.ts";
import { DAY_MS, HOUR_MS } from "../base/time.ts";
import { listPackable, packMeter } from "../meters/sql/pack-meters.ts";
import { METER_GRAINS, pruneMeterRollups } from "../meters/sql/prune-meters.ts";
import { type Steps, step } from "../postgres/lock-retry.ts";
import { movePackedBefore, readPacking, settlePacking } from "../storage/sql/packing.ts";
import { repeat, STEP_ROWS } from "./deleted.ts";
import { packDays } from "./sql/pack-days.ts";
import { pruneRollups } from "./sql/prune.ts";
import { listUnsketched, sketchDays } from "./sql/sketch-meters.ts";

/** How long after its end a day is packed. What arrives later is packed by the next run, at the price of writing its rows again. */
const LATE_MS = HOUR_MS;

/**
 * Announces which days will be packed. Queries read these from their quarters from now on, and after the grace nobody reads
 * their other rollups.
 * @param now milliseconds since the Unix epoch
 */
export async function announcePacking(steps: Steps, now: number): Promise<void> {
  const over = Math.floor((now - LATE_MS) / DAY_MS) * DAY_MS;
  await step(steps, "announce packed days", async (tx) => {
    const { before, settled } = await readPacking(tx);
    // One announcement at a time: the grace begins with each.
    if (before === settled) await movePackedBefore(tx, over);
  });
}

/**
 * Packs the announced days, and what was stored for packed days since, if the announcement is `graceMs` old.
 * @param packed called with the number of written rows after each step
 */
export async function packOver(steps: Steps, graceMs: number, packed: (days: number) => void): Promise<void> {
  const { before, settled, movedMsAgo } = await readPacking(steps.sql);
  if (before === Number.NEGATIVE_INFINITY) return;
  if (before > settled && movedMsAgo >= graceMs)
    await step(steps, "settle packed days", (tx) => settlePacking(tx, before));
  const done = movedMsAgo >= graceMs ? before : settled;
  if (done === Number.NEGATIVE_INFINITY) return;
  for (let from: string | null = ""; from !== null; ) {
    const client: string = from;
    const {
      quarters,
      days,
      client: last,
    } = await step(steps, "pack days", (tx) => packDays(tx, client, STEP_ROWS));
    packed(days);
    from = quarters < STEP_ROWS ? null : last;
  }
  // A worker that had read the old boundary may still have written some.
  const text = new Date(done).toISOString();
  const coarse = { name: "rollups of packed days", count: () => {} };
  for (const grain of GRAINS)
    if (grain !== 15)
      await repeat(steps, coarse.name, (tx) => pruneRollups(tx, grain, text, STEP_ROWS), coarse.count);
  for (const grain of METER_GRAINS)
    if (grain !== 15)
      await repeat(
        steps,
        coarse.name,
        (tx) => pruneMeterRollups(tx, grain, { horizon: text, graceMs }, STEP_ROWS),
        coarse.count,
      );
  // Last, since an erasure may have locked one of them.
  await packMeters(steps, packed);
}

/** Events of a meter after which a step sketches no further day: a second of work. */
const SKETCHED_EVENTS = 300_000;

/** Makes the sketches that packed days of meters lack. */
export async function sketchMeters(steps: Steps): Promise<void> {
  for (const id of await listUnsketched(steps.sql))
    while ((await step(steps, "sketch days of a meter", (tx) => sketchDays(tx, id, SKETCHED_EVENTS))) > 0);
}

/** Packs the days of meters. @throws an error for which `isLocked` is true while an erasure or a fill has locked one of them */
async function packMeters(steps: Steps, packed: (days: number) => void): Promise<void> {
  for (const id of await listPackable(steps.sql)) {
    for (let moved = STEP_ROWS; moved >= STEP_ROWS; ) {
      const { quarters, days } = await step(steps, "pack days of a meter", (tx) =>
        packMeter(tx, id, STEP_ROWS),
      );
      packed(days);
      moved = quarters;
    }
  }
}
