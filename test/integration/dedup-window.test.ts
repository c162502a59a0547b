import { expect, it } from "vitest";
import type { Deps } from "../../lib/deps.ts";
import { testDeps } from "../support/deps.ts";
import { addClient, anEvent, send } from "../support/pipeline.ts";
import { QUEUES, queueConfig } from "../support/queues.ts";

const WINDOW_S = 2;
const WINDOW_MS = WINDOW_S * 1_000;

/** When what Redis has seen of a client expires, in milliseconds since the Unix epoch. */
async function expiries({ redis }: Deps, clientId: string): Promise<number[]> {
  const keys = await redis.keys(`*:seen:${clientId}:*`);
  return Promise.all(keys.map((key) => redis.pexpiretime(key)));
}

it.each(QUEUES)("an id is known for one window at least and two at most, over %s", async (queue) => {
  const deps = await testDeps(await queueConfig(queue, { dedupWindowSeconds: WINDOW_S }));
  const { clientId, secret } = await addClient(deps, "windowed");
  const event = anEvent();
  expect((await send(deps, secret, event)).body).toMatchObject({ accepted: 1 });
  const outcomes: unknown[] = [];
  // Until the next window has begun, in which the id is still known.
  while ((await expiries(deps, clientId)).length < 2) {
    const { body } = await send(deps, secret, { events: [event, anEvent()] });
    outcomes.push({ accepted: body.accepted, duplicates: body.duplicates });
    for (const at of await expiries(deps, clientId)) {
      expect(at % WINDOW_MS).toBe(0);
      expect(at).toBeLessThanOrEqual(Date.now() + 2 * WINDOW_MS);
    }
  }
  expect(outcomes.length).toBeGreaterThan(0);
  for (const outcome of outcomes) expect(outcome).toEqual({ accepted: 1, duplicates: 1 });
  await expect.poll(() => expiries(deps, clientId), { timeout: 4 * WINDOW_MS }).toEqual([]);
  expect((await send(deps, secret, event)).body).toMatchObject({ accepted: 1, duplicates: 0 });
});

it("a window that was made longer lasts longer at once", async () => {
  const deps = await testDeps({ dedupWindowSeconds: 60 });
  const { clientId, secret } = await addClient(deps, "changed");
  await send(deps, secret, anEvent());
  const { redis } = deps;
  const [before = 0] = await expiries(deps, clientId);
  // As a later window finds the hash of an earlier setting.
  const [key = ""] = await redis.keys(`*:seen:${clientId}:*`);
  await redis.hset(key, "expires_at", before - 30_000);
  await redis.pexpireat(key, before - 30_000);
  await send(deps, secret, anEvent());
  expect(Math.max(...(await expiries(deps, clientId)))).toBeGreaterThanOrEqual(before);
});
