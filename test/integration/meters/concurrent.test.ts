/** Workers store, meters are declared and filled, payloads are erased, days are packed, all at once: no event is lost or counted twice. */
import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { DAY_MS } from "../../../lib/base/time.ts";
import { eraseUser } from "../../support/erasures.ts";
import { type SimulatedEvent, workAt } from "../../support/maintenance.ts";
import {
  declareOnly,
  expectMeters,
  expectSketches,
  fillAll,
  packAt,
  packedMeters,
} from "../../support/meters.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const ROUNDS = 5;
const WORKERS = 4;
const BATCHES = 5;
const BATCH = 40;
const USERS = 12;

const deps = await testDeps({ databasePoolSize: 12 });
await addClient(deps, "shop");

const pick = (n: number): number => Math.floor(Math.random() * n);

/** Mostly within a few hours, so that workers, fill and erasures meet in the same cells. */
const someEvents = (now: number): SimulatedEvent[] =>
  Array.from({ length: BATCH }, () => {
    const ago = Math.random() < 0.8 ? pick(3 * 3_600_000) : pick(3 * DAY_MS);
    return {
      eventId: randomUUID(),
      // Of two event types, see workAt: those of the third are in no meter.
      at: Math.floor((now - ago) / 3) * 3 + (Math.random() < 0.9 ? 0 : 1),
      payload: JSON.stringify({
        user: `u${pick(USERS)}`,
        n: pick(1_000) / 8,
        set: pick(3),
        text: "no number",
      }),
    };
  });

test("in every interleaving", { timeout: 240_000 }, async () => {
  let cells = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const now = Date.now();
    const batches = Array.from({ length: WORKERS * BATCHES }, () => someEvents(now));
    const worker = async (first: number): Promise<void> => {
      for (let n = first; n < batches.length; n += WORKERS) {
        // Each batch is also delivered by the next worker, in part.
        await workAt(deps, "shop", now, batches[n] ?? []);
        await workAt(deps, "shop", now, (batches[(n + 1) % batches.length] ?? []).slice(0, 10));
      }
    };
    const declaring = async (): Promise<void> => {
      for (const [index, dimensions] of [[], ["set"], ["set", "user"]].entries()) {
        await new Promise((resolve) => setTimeout(resolve, pick(60)));
        await declareOnly(deps, {
          client_id: "shop",
          name: `m${round % 2}-${index}`,
          event_type: "type-0",
          uniques: index === 2,
          value: index === 0 ? "payload.text" : "payload.n",
          dimensions: dimensions.map((name) => ({ name, property: `payload.${name}` })),
        });
        await fillAll(deps, 50 + pick(400));
      }
    };
    /** First there are open days only, then all days but today are packed, then all that there is. */
    const packing = async (): Promise<void> => {
      for (let runs = 0; runs < 6 && round > 0; runs++) {
        await new Promise((resolve) => setTimeout(resolve, pick(100)));
        await packAt(deps, round < 3 ? now : now + 2 * DAY_MS);
      }
    };
    await deps.sql`UPDATE meters SET deleted_at = now() WHERE name LIKE ${`m${round % 2}-%`} AND deleted_at IS NULL`;
    await Promise.all([
      ...Array.from({ length: WORKERS }, (_, first) => worker(first)),
      declaring(),
      packing(),
      new Promise((resolve) => setTimeout(resolve, pick(150))).then(() =>
        eraseUser(deps, "shop", "payload.user", `u${round % USERS}`),
      ),
    ]);
    await fillAll(deps, 1_000);
    cells = await expectMeters(deps);
    if (round < 3) continue;
    await packAt(deps, now + 2 * DAY_MS);
    expect(await packedMeters(deps)).toEqual({
      packed: expect.toSatisfy((n) => n > 20),
      loose: 0,
      coarse: 0,
    });
    await expectMeters(deps);
    expect(await expectSketches(deps)).toBeGreaterThan(20);
  }
  expect(cells).toBeGreaterThan(500);
  const [stored] = await deps.sql`SELECT count(*)::int AS n FROM events`;
  expect(stored?.n).toBe(ROUNDS * WORKERS * BATCHES * BATCH);
});
