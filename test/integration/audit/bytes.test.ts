/** Every answer to POST /v1/events has one audit entry with its status and sizes, with either queue. */
import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { newSecret } from "../../../lib/base/ids.ts";
import { parseMessage } from "../../../lib/queue/message.ts";
import { freshDeps, someEvents } from "../../support/faults.ts";
import { type IngestApi, ingestApi } from "../../support/http/ingest-api.ts";
import { addClient, anEvent, drainAll, send } from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

/** Items of a request, by their intended outcome. */
const item: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant("new") },
  { weight: 2, arbitrary: fc.constant("again") },
  { weight: 1, arbitrary: fc.constantFrom("other content", "no event", "wrong") },
);
const sizes = fc.constantFrom(1, 2, 9, 10, 11, 99, 100, 101, 400);
const requests = fc.record({
  items: fc.oneof(
    fc.array(item, { minLength: 1, maxLength: 15 }),
    fc.tuple(sizes, fc.constantFrom("new", "again")).map(([size, kind]) => Array<string>(size).fill(kind)),
  ),
  ids: fc.constantFrom("plain", 'odd "\\ \u2028 ü😀'),
  who: fc.constantFrom("fast", "fast", "fast", "slow", "reader", "nobody"),
  text: fc.constantFrom("", "", "", "", "{", "[]"),
});

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  let deps: Deps;
  let api: IngestApi;
  const secrets = new Map<string, string>([["nobody", newSecret("nobody")]]);

  beforeAll(async () => {
    deps = freshDeps(await queueConfig(queue));
    api = ingestApi(deps);
    const clients = { fast: {}, slow: { rate: 1, burst: 12 }, reader: { scopes: ["read" as const] } };
    for (const [name, options] of Object.entries(clients))
      secrets.set(name, (await addClient(deps, `b-${name}`, options)).secret);
  });

  it("every answer has its audit entry", async () => {
    const sent: Record<string, unknown>[] = [];
    const make = (kind: string, ids: string): unknown => {
      const before = sent.at(-1);
      if (kind === "wrong") return anEvent({ event_id: `${ids}${randomUUID()}`, payload: 1 });
      if (kind === "no event") return 5;
      if (kind === "again" && before) return before;
      if (kind === "other content" && before) return { ...before, payload: { n: randomUUID() } };
      const event = anEvent({ event_id: `${ids}${randomUUID()}` });
      sent.push(event);
      return event;
    };
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(requests, async ({ items, ids, who, text }) => {
        const body = text || JSON.stringify({ events: items.map((kind) => make(kind, ids)) });
        statuses.add((await api.post(secrets.get(who), body)).status);
      }),
      // A batch above the burst is rare among random ones.
      { numRuns: 150, examples: [[{ items: Array(13).fill("new"), ids: "plain", who: "slow", text: "" }]] },
    );
    expect([...statuses].sort()).toEqual([202, 400, 401, 403, 413, 422, 429]);
    await api.expectAudited();
  });

  it("answers for a full queue and an inactive client have theirs", async () => {
    const { clientId, secret } = await addClient(deps, "b-full");
    const small = ingestApi(freshDeps({ ...deps.config, queueMaxEvents: 1 }));
    await drainAll(deps);
    await deps.sql`TRUNCATE audit_log, audit_personal`;
    const two = JSON.stringify(someEvents(2));
    expect((await small.post(secret, two)).status).toBe(503);
    await deps.sql`UPDATE clients SET active = false WHERE client_id = ${clientId}`;
    await deps.redis.del(deps.shards.of(clientId).client(clientId));
    expect((await small.post(secret, two)).status).toBe(403);
    await small.expectAudited();
  });
});

describe("with QUEUE=redis", () => {
  /** The status in the audit row of each message. */
  const queuedStatuses = async ({ queue }: Deps) =>
    (await queue.receive({ maxMessages: 10, waitMs: 0 })).map(
      ({ body }) => parseMessage(body).header.audit?.status,
    );

  it.each([
    ["a usual request", "good", [anEvent(), 5], 202],
    ["a request with invalid events", "good", [5], 422],
    ["a request with an unknown key", "nobody", [anEvent()], 401],
    ["a request larger than the burst", "slow", [anEvent(), anEvent()], 413],
  ])("%s becomes one message with its audit row", async (_, who, events, status) => {
    const deps = freshDeps(await queueConfig("redis"));
    const { secret } = await addClient(deps, "good");
    const slow = await addClient(deps, "slow", { rate: 1, burst: 1 });
    const secrets = { good: secret, slow: slow.secret, nobody: newSecret("nobody") };
    const answer = await ingestApi(deps).post(secrets[who as "good"], JSON.stringify({ events }));
    expect(answer.status).toBe(status);
    expect(await queuedStatuses(deps)).toEqual([status]);
  });

  it("a request over the rate limit becomes one message with its audit row", async () => {
    const deps = freshDeps(await queueConfig("redis"));
    const { secret } = await addClient(deps, "used-up", { rate: 1, burst: 100 });
    for (const status of [202, 429]) expect((await send(deps, secret, someEvents(100))).status).toBe(status);
    expect(await queuedStatuses(deps)).toEqual([202, 429]);
  });
});
