import { describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { drainOnce, drainQueue } from "../../../lib/worker/drain-queue.ts";
import { freshDeps, someEvents } from "../../support/faults.ts";
import { addClient, counts, send } from "../../support/pipeline.ts";
import { ids } from "../../support/queue/queue-steps.ts";
import { testDeps } from "../../support/servers/deps.ts";

const soon = (ms: number): number => Date.now() + ms;

async function sendMany(deps: Deps, requests: number): Promise<string> {
  const { clientId, secret } = await addClient(deps, "c");
  for (let n = 0; n < requests; n++) expect((await send(deps, secret, someEvents(2))).status).toBe(202);
  return clientId;
}

const stored = async ({ sql }: Deps): Promise<number> =>
  (await sql`SELECT count(*)::int AS n FROM events`)[0]?.n;

describe("draining the queue", () => {
  it("processes what is there, in batches of limited size, and ends when the time is up", async () => {
    const deps = await testDeps();
    const clientId = await sendMany(deps, 30);
    const started = Date.now();
    const done = await drainQueue(deps, { endsAt: soon(5_000), maxMessages: 20, maxBytes: 1_000 });
    expect(done.messages).toBe(30);
    expect(done.batches).toBeGreaterThan(3);
    expect(Date.now() - started).toBeGreaterThanOrEqual(5_000);
    expect(await stored(deps)).toBe(60);
    expect(await counts(deps, clientId)).toMatchObject({ ledger: 60, minutes: 60, accepted: 60, stored: 60 });
    expect(await deps.queue.depth()).toMatchObject({ messages: 0, events: 0, deadLetters: 0 });
  });

  it("shares the queue with a concurrent run", async () => {
    const deps = await testDeps();
    await sendMany(deps, 40);
    const other = freshDeps(deps.config);
    const [one, two] = await Promise.all(
      [deps, other].map((each) => drainQueue(each, { endsAt: soon(5_000), maxMessages: 3 })),
    );
    expect((one?.messages ?? 0) + (two?.messages ?? 0)).toBe(40);
    expect(await stored(deps)).toBe(80);
  });

  it("stops reading when its signal is aborted, long before the time is up", async () => {
    const deps = await testDeps();
    await sendMany(deps, 3);
    const stopping = new AbortController();
    const draining = drainQueue(deps, { endsAt: soon(60_000), signal: stopping.signal });
    await expect.poll(() => stored(deps), { timeout: 45_000 }).toBe(6);
    stopping.abort();
    expect(await draining).toMatchObject({ messages: 3 });
    await deps.queue.send([{ body: "later", events: 0 }]);
    expect(await deps.queue.depth()).toMatchObject({ messages: 1 });
  });

  it("plans the statements of batches once, whatever their number of events", async () => {
    const deps = await testDeps({ databasePoolSize: 1 });
    const { secret } = await addClient(deps, "c");
    for (const events of [1, 3, 20, 2, 1, 50, 1, 1]) {
      expect((await send(deps, secret, someEvents(events))).status).toBe(202);
      await drainOnce(deps);
    }
    const plans = await deps.sql<{ custom: number; generic: number }[]>`
      SELECT custom_plans::int AS custom, generic_plans::int AS generic FROM pg_prepared_statements
       WHERE statement ~ 'INSERT INTO (event_ledger|audit_log|receipts)'`;
    expect(plans).toHaveLength(3);
    for (const plan of plans) expect(plan).toEqual({ custom: 0, generic: 8 });
  });

  it("releases everything, uncounted, while the database is unreachable, and fails at the end", async () => {
    const deps = await testDeps();
    await sendMany(deps, 5);
    const away = freshDeps({ ...deps.config, databaseUrl: "postgres://127.0.0.1:1/none" });
    await expect(drainQueue(away, { endsAt: soon(1_500) })).rejects.toThrow();
    expect(await deps.redis.xlen(deps.shards.first.queue)).toBe(5);
    const again = await deps.queue.receive({ maxMessages: 10, waitMs: 0 });
    expect(again.map(({ deliveries }) => deliveries)).toEqual([1, 1, 1, 1, 1]);
    await deps.queue.release(ids(again));
    expect(await drainQueue(deps, { endsAt: soon(3_000) })).toEqual({ batches: 1, messages: 5 });
    expect(await stored(deps)).toBe(10);
  });

  it("makes an unreadable message a dead letter, and stores its neighbours", async () => {
    const deps = await testDeps({ queueMaxDeliveries: 2 });
    await deps.queue.send([{ body: "nonsense", events: 0 }]);
    await sendMany(deps, 2);
    await drainQueue(deps, { endsAt: soon(1_000) });
    expect(await stored(deps)).toBe(4);
    expect(await deps.queue.depth()).toMatchObject({ messages: 0, deadLetters: 1 });
  });
});
