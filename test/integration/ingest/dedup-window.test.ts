import { expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { freshDeps } from "../../support/faults.ts";
import { addClient, anEvent, send } from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";
import { testDeps } from "../../support/servers/deps.ts";

const WINDOW_S = 2;
const WINDOW_MS = WINDOW_S * 1_000;

/** The windows for which Redis has ids of a client, and their expiry in milliseconds since the Unix epoch. */
async function windows({ redis }: Deps, clientId: string): Promise<{ number: number; expiresAt: number }[]> {
  const keys = await redis.keys(`*:seen:${clientId}:*`);
  const read = async (key: string) => ({
    number: Number(key.split(":").at(-1)),
    expiresAt: await redis.pexpiretime(key),
  });
  return Promise.all(keys.map(read));
}

it.each(QUEUES)("an id is known for at least one window and at most two, with QUEUE=%s", async (queue) => {
  const deps = await testDeps(await queueConfig(queue, { dedupWindowSeconds: WINDOW_S }));
  const { clientId, secret } = await addClient(deps, "windowed");
  const event = anEvent();
  expect((await send(deps, secret, event)).body).toMatchObject({ accepted: 1 });
  const outcomes: unknown[] = [];
  // Until the next window has begun, in which the id is still known.
  while ((await windows(deps, clientId)).length < 2) {
    const { body } = await send(deps, secret, { events: [event, anEvent()] });
    outcomes.push({ accepted: body.accepted, duplicates: body.duplicates });
    for (const { number, expiresAt } of await windows(deps, clientId)) {
      // An expired hash that Redis has not removed yet has no expiry.
      if (expiresAt < 0) continue;
      const late = expiresAt - (number + 2) * WINDOW_MS;
      expect(late).toBeGreaterThanOrEqual(0);
      expect(late).toBeLessThanOrEqual(WINDOW_MS / 4);
    }
  }
  expect(outcomes.length).toBeGreaterThan(0);
  expect(outcomes).toEqual(Array(outcomes.length).fill({ accepted: 1, duplicates: 1 }));
  await expect.poll(() => windows(deps, clientId), { timeout: 5 * WINDOW_MS }).toEqual([]);
  expect((await send(deps, secret, event)).body).toMatchObject({ accepted: 1, duplicates: 0 });
});

it("a longer window takes effect at once", async () => {
  const deps = await testDeps({ dedupWindowSeconds: 60 });
  const { clientId, secret } = await addClient(deps, "changed");
  const expiry = async (): Promise<number> =>
    Math.max(...(await windows(deps, clientId)).map(({ expiresAt }) => expiresAt));
  await send(deps, secret, anEvent());
  const before = await expiry();
  const longer = freshDeps({ ...deps.config, dedupWindowSeconds: 600 });
  const event = anEvent();
  await send(longer, secret, event);
  expect(await expiry()).toBeGreaterThan(before + 400_000);
  expect((await send(longer, secret, event)).body).toMatchObject({ accepted: 0, duplicates: 1 });
});
