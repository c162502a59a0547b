/** The same requests, once together and once one after the other, on two Redis databases. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { presentedKey } from "../../../lib/auth/authenticate.ts";
import { newSecret, uuidv7 } from "../../../lib/base/ids.ts";
import { Problem } from "../../../lib/http/problem.ts";
import { readBatch } from "../../../lib/ingest/batch.ts";
import type { Submission } from "../../../lib/ingest/intake.ts";
import { RedisIntake } from "../../../lib/ingest/redis-intake.ts";
import { coalesced } from "../../support/coalesced.ts";
import { apiRequest } from "../../support/http/request.ts";
import { testDeps } from "../../support/servers/deps.ts";

const CLIENTS = ["calm", "hasty", "third"] as const;
const BURSTS = { calm: 1_000, hasty: 6, third: 40 };
/** So slow that nothing changes during the test: an event per 1,000 s. */
const RATE = 0.001;
/** Each client has two keys, and some callers have keys that are refused. */
const KEYS = CLIENTS.flatMap((client) =>
  ["valid", "valid", "revoked", "read"].map((kind) => ({ client, kind, secret: newSecret(client) })),
);

async function prepare({ redis, shards: { first } }: Deps): Promise<void> {
  await redis.flushdb();
  for (const client of CLIENTS)
    await redis.hset(first.client(client), { active: 1, rate: RATE, burst: BURSTS[client] });
  for (const { client, kind, secret } of KEYS)
    await redis.hset(first.apiKey(presentedKey(secret).hash), {
      state: kind === "revoked" ? kind : "valid",
      client_id: client,
      key_id: `k${client}`,
      prefix: `p"${client}`,
      scopes: kind === "read" ? "read" : "ingest",
      expires_at: "",
    });
}

const request = fc.record({
  key: fc.nat({ max: KEYS.length - 1 }),
  events: fc.array(fc.record({ id: fc.nat({ max: 9 }), content: fc.nat({ max: 1 }) }), {
    minLength: 1,
    maxLength: 5,
  }),
  isInvalid: fc.boolean(),
});

const at = new Date(Date.now() - 60_000).toISOString();
/** In the future, so that every audit row has a duration of 0. */
const receivedAt = Date.now() + 3_600_000;

type Request = typeof request extends fc.Arbitrary<infer T> ? T : never;

function toSubmission({ config }: Deps, one: Request): Submission {
  const events = one.events.map(({ id, content }) => ({
    event_id: `e${id}`,
    event_type: "t",
    timestamp: at,
    payload: { content },
  }));
  const sent = { ...apiRequest(JSON.stringify({ events })), id: uuidv7(receivedAt), receivedAt };
  const isInvalid = one.isInvalid && one.events.length === 3;
  return {
    request: sent,
    key: presentedKey(KEYS[one.key]?.secret),
    batch: isInvalid ? { valid: [], faults: [] } : readBatch(sent, config.retentionDays, config.placeSeed),
    problem: isInvalid ? new Problem("invalid-json", "The body is invalid.") : undefined,
  };
}

/** What passes in seconds does not count. */
const withoutTime = (_: string, value: unknown): unknown =>
  typeof value === "object" && value !== null
    ? {
        ...value,
        ...("resetS" in value && { resetS: Math.round(Number(value.resetS) / 100) }),
        ...("waitMs" in value && { waitMs: Math.round(Number(value.waitMs) / 100_000) }),
      }
    : value;

async function enqueue({ intake }: Pick<Deps, "intake">, submission: Submission): Promise<string> {
  return JSON.stringify(await intake.enqueue(submission), withoutTime);
}

async function stateOf({ redis, shards: { first } }: Deps): Promise<object> {
  const seen = await redis.keys("*:seen:*");
  const entries = await redis.xrange(first.queue, "-", "+");
  return {
    messages: entries.map(([, fields]) => fields),
    stats: await redis.hgetall(first.stats),
    receipts: await redis.hgetall(first.receipts),
    waiting: await redis.hgetall(first.waiting),
    open: (await redis.zrange(first.open, "0", "-1")).sort(),
    limits: (await redis.keys("*:limit:*")).sort(),
    seen: Object.fromEntries(
      await Promise.all(seen.sort().map(async (name) => [name, await redis.hgetall(name)])),
    ),
  };
}

it("requests in one call have the outcomes, messages, marks and counts of requests in calls of their own", async () => {
  const single = await testDeps({ dedupWindowSeconds: 86_400 });
  const shared = await testDeps({ dedupWindowSeconds: 86_400 });
  const sizes: number[] = [];
  await fc.assert(
    fc.asyncProperty(
      fc.array(request, { minLength: 2, maxLength: 20 }),
      fc.integer({ min: 3, max: 60 }),
      async (requests, queueMaxEvents) => {
        await Promise.all([prepare(single), prepare(shared)]);
        const config = { ...shared.config, queueMaxEvents };
        const together = coalesced({ ...shared, config });
        const submissions = requests.map((one) => toSubmission(shared, one));
        const outcomes = await Promise.all(submissions.map((one) => enqueue(together.deps, one)));
        sizes.push(...together.calls.map(({ length }) => length));
        const got = new Map(submissions.map(({ request: { id } }, n) => [id, outcomes[n]]));

        const alone = {
          intake: new RedisIntake({ ...single, config: { ...single.config, queueMaxEvents } }),
        };
        const byId = new Map(submissions.map((one) => [one.request.id, one]));
        for (const id of together.calls.flat()) {
          const one = byId.get(id);
          expect(one && (await enqueue(alone, one))).toBe(got.get(id));
        }
        expect(await stateOf(shared)).toEqual(await stateOf(single));
      },
    ),
    { numRuns: 60 },
  );
  expect(Math.max(...sizes)).toBeGreaterThan(5);
});
