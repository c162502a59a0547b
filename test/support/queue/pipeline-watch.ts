/** Watches GET /v1/pipeline while something else runs. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { readPipeline } from "../faults.ts";
import { drainAll } from "../pipeline.ts";

interface Totals {
  accepted: number;
  stored: number;
  duplicates: number;
  quarantined: number;
  pending: number;
  queue: { messages: number; events: number; oldest_age_ms: number; dead_letters: number };
}

/** Reads the pipeline once, and expects its sum to hold. Waits for Redis if it has just been started. */
export async function look(deps: Deps, secret: string): Promise<Totals> {
  let answer = await readPipeline(deps, secret);
  for (let attempt = 0; answer.status === 503 && attempt < 50; attempt++) {
    await sleep(50);
    answer = await readPipeline(deps, secret);
  }
  expect(answer.status).toBe(200);
  const totals = answer.body as unknown as Totals;
  const { accepted, stored, duplicates, quarantined, pending } = totals;
  expect(accepted).toBe(stored + duplicates + quarantined + pending);
  return totals;
}

/** Reads the pipeline several times, and expects these totals each time. */
export async function expectTotals(
  deps: Deps,
  secret: string,
  totals: Partial<Omit<Totals, "queue">> & { queue?: Partial<Totals["queue"]> },
): Promise<void> {
  for (let looks = 0; looks < 5; looks++) expect(await look(deps, secret)).toMatchObject(totals);
}

/**
 * Watches while a worker processes `waiting` events, blocked by a table lock for most of the time.
 * @param sent events that the client has sent so far, including those waiting
 */
export async function watchWorker(
  deps: Deps,
  secret: string,
  { waiting, sent }: { waiting: number; sent: number },
): Promise<void> {
  const locked = Promise.withResolvers<void>();
  const unlock = Promise.withResolvers<void>();
  const holding = deps.sql.begin(async (tx) => {
    await tx`LOCK TABLE event_ledger IN EXCLUSIVE MODE`;
    locked.resolve();
    await unlock.promise;
  });
  await locked.promise;
  let stop = false;
  const worker = (async () => {
    // Messages may be invisible for a while.
    for (; !stop; await sleep(20)) await drainAll(deps);
  })();
  for (let looks = 0; looks < 10; looks++)
    expect(await look(deps, secret)).toMatchObject({ accepted: sent, pending: waiting });
  unlock.resolve();
  await holding;
  const pendingNow = async (): Promise<number> => {
    const { accepted, pending } = await look(deps, secret);
    expect(accepted).toBe(sent);
    expect(pending).toBeLessThanOrEqual(waiting);
    return pending;
  };
  await expect.poll(pendingNow, { timeout: 20_000, interval: 0 }).toBe(0);
  stop = true;
  await worker;
}
