/** Segment's calls on their way through the queue into the store or into quarantine, with the same guarantees as other events. */
import { randomUUID } from "node:crypto";
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { isAcceptable } from "../../../lib/ingest/event.ts";
import { listQuarantine, redrive } from "../../../lib/quarantine/quarantine.ts";
import { freshDeps, readReceipt } from "../../support/faults.ts";
import { type SegmentRequest, segment } from "../../support/http/segment.ts";
import { type Answer, addClient, counts, drainAll, expectTidy, stored } from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

const aCall = (changes: object = {}): Record<string, unknown> => ({
  type: "track",
  messageId: randomUUID(),
  userId: "u-1",
  event: "Order Completed",
  timestamp: new Date().toISOString(),
  properties: { total: 12.5 },
  ...changes,
});
const SUCCESS = { status: 200, body: { success: true } };

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  let deps: Deps;
  beforeAll(async () => {
    deps = freshDeps(await queueConfig(queue));
  });
  const post = (path: string, key: string | undefined, body: unknown, others: Partial<SegmentRequest> = {}) =>
    segment(deps, { path, key, body, ...others });
  const batch = (key: string, calls: unknown[], sentAt = new Date().toISOString()): Promise<Answer> =>
    post("/v1/batch", key, { batch: calls, sentAt });
  const forget = async (clientId: string): Promise<void> => {
    const keys = await deps.redis.keys(`*:seen:${clientId}:*`);
    if (queue === "redis") await deps.redis.flushdb();
    else if (keys.length > 0) await deps.redis.del(...keys);
  };
  const redriveAll = (): Promise<{ redriven: number }> =>
    redrive(deps, { limit: 100 }, undefined, (event) => isAcceptable(event, deps.config.retentionDays));
  const quarantined = async (client: string) => (await listQuarantine(deps, { client, limit: 100 })).events;

  it("each type of call is stored once, at its long and its short path, though it is sent ten times", async () => {
    const { clientId, secret } = await addClient(deps, "types");
    const calls = ["track", "identify", "page", "screen", "group", "alias"].flatMap((type) =>
      [type, type.charAt(0)].map((path) => ({
        path: `/v1/${path}`,
        call: aCall({ type: undefined, groupId: "g", previousId: "a", name: type }),
      })),
    );
    for (let n = 0; n < 10; n++) {
      for (const { path, call } of calls)
        expect(await post(path, secret, { ...call, sentAt: new Date().toISOString() })).toMatchObject(
          SUCCESS,
        );
      if (n === 3) await drainAll(deps);
      if (n === 6) await forget(clientId);
    }
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject({ events: 12, ledger: 12, quarantine: 0 });
    const types =
      await deps.sql`SELECT DISTINCT event_type FROM events WHERE client_id = ${clientId} ORDER BY 1`;
    expect(types.map(({ event_type }) => event_type)).toEqual([
      "alias",
      "group",
      "identify",
      "page",
      "screen",
      "track:Order Completed",
    ]);
    await expectTidy(deps, clientId);
  });

  it("a call that is sent again later is a duplicate, whatever Redis has forgotten, and other content does not replace it", async () => {
    const { clientId, secret } = await addClient(deps, "resent");
    const call = aCall();
    const sendAgain = (changes: object = {}, sentAt = new Date().toISOString()) =>
      batch(secret, [{ ...call, ...changes }], sentAt);
    expect(await sendAgain()).toMatchObject(SUCCESS);
    await drainAll(deps);
    await forget(clientId);
    // Another one first, so that Redis has another digest and asks PostgreSQL.
    expect(await sendAgain({ properties: { total: 1 } })).toMatchObject(SUCCESS);
    // Its time is now another one, and then too far ahead.
    for (const sentAt of [Date.now() - 3_600_000, Date.now() - 10 * 86_400_000])
      expect(await sendAgain({ _metadata: { retryCount: 3 } }, new Date(sentAt).toISOString())).toMatchObject(
        SUCCESS,
      );
    expect(await sendAgain({ properties: { total: 2 } })).toMatchObject(SUCCESS);
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject(stored(1, { duplicates: 1, accepted: 2 }));
    const [row] = await deps.sql`SELECT payload::text FROM events WHERE client_id = ${clientId}`;
    expect(row?.payload).toContain('"total":12.5');
    await expectTidy(deps, clientId);
  });

  it("an invalid call goes to quarantine with its reason once, is in the receipt, and is redriven once it is acceptable", async () => {
    const { clientId, secret } = await addClient(deps, "aside");
    const ahead = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const calls = [
      aCall(),
      aCall({ messageId: "nobody", userId: undefined }),
      aCall({ messageId: "ahead", originalTimestamp: ahead }),
      aCall({ messageId: "nul", properties: { a: "\0" } }),
      "no call",
    ];
    const answer = await batch(secret, calls, "unknown");
    expect(answer).toMatchObject(SUCCESS);
    const receiptId = String(answer.headers["x-request-id"]);
    expect(await readReceipt(deps, secret, receiptId)).toMatchObject({ body: { accepted: 5, pending: 5 } });
    expect(await batch(secret, calls.slice(0, 4), "unknown")).toMatchObject(SUCCESS);
    await drainAll(deps);
    await forget(clientId);
    expect(await batch(secret, calls.slice(0, 4), "unknown")).toMatchObject(SUCCESS);
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject({ events: 1, quarantine: 4, quarantined: 4 });
    expect(await readReceipt(deps, secret, receiptId)).toMatchObject({
      body: { accepted: 5, stored: 1, duplicates: 0, quarantined: 4, pending: 0 },
    });
    const shown = await quarantined(clientId);
    expect(shown.map(({ event_id, reason, detail }) => [event_id, reason, detail])).toEqual(
      expect.arrayContaining([
        ["nobody", "invalid-event", expect.stringContaining("/userId: userId and anonymousId are missing")],
        ["ahead", "invalid-event", expect.stringContaining("/originalTimestamp: originalTimestamp is more")],
        ["nul", "invalid-event", expect.stringContaining("/properties/a: ")],
        [expect.stringContaining("segment:"), "invalid-event", "a call is a JSON object"],
      ]),
    );
    expect(shown.find(({ event_id }) => event_id === "nobody")?.payload).toContain(
      '"event":"Order Completed"',
    );

    expect(await redriveAll()).toEqual({ redriven: 2 });
    await drainAll(deps);
    expect(await redriveAll()).toEqual({ redriven: 0 });
    const left = (await quarantined(clientId)).map(({ event_id }) => event_id);
    expect(left.toSorted()).toEqual(["ahead", "nul"]);
    expect(await counts(deps, clientId)).toMatchObject({
      events: 3,
      ledger: 3,
      quarantine: 2,
      quarantined: 2,
    });
    expect(await readReceipt(deps, secret, receiptId)).toMatchObject({
      body: { accepted: 5, stored: 3, quarantined: 2 },
    });
    // Its id is stored now.
    await forget(clientId);
    expect(await batch(secret, calls.slice(1, 2), "unknown")).toMatchObject(SUCCESS);
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject({ events: 3, quarantine: 2 });
    await expectTidy(deps, clientId);
  });

  const forgetMarks = async (clientId: string): Promise<void> => {
    const keys = await deps.redis.keys(`*:seen:${clientId}:*`);
    expect(keys).not.toEqual([]);
    await deps.redis.del(...keys);
  };

  it("a repeated invalid call that is stored together with the first counts as a duplicate", async () => {
    const { clientId, secret } = await addClient(deps, "twice");
    const call = aCall({ messageId: "twice", event: "" });
    await batch(secret, [call]);
    await forgetMarks(clientId);
    await batch(secret, [call]);
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject({ quarantine: 1, quarantined: 1, duplicates: 1 });
  });

  it("an invalid call that is sent again at another time is the one in quarantine, though another left its digest in Redis", async () => {
    const { clientId, secret } = await addClient(deps, "probed");
    const call = aCall({ messageId: "probed", event: "" });
    await batch(secret, [call]);
    await drainAll(deps);
    await forgetMarks(clientId);
    await batch(secret, [{ ...call, properties: { total: 1 } }]);
    // PostgreSQL decides. Only with SQS would a call that it takes for another one be queued.
    await batch(secret, [call], new Date(Date.now() - 3_600_000).toISOString());
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject({ accepted: 2, quarantine: 1, duplicates: 1 });
  });

  it("a request is refused as a whole with a status that SDKs do not retry, or with Retry-After", async () => {
    const { secret } = await addClient(deps, "refused", { rate: 1, burst: 3 });
    for (const body of ["{", "[]", '{"batch":4}'])
      expect(await post("/v1/batch", secret, body)).toMatchObject({ status: 400 });
    expect(await post("/v1/batch", undefined, "{")).toMatchObject({ status: 401 });
    expect(await post("/v1/batch", "unknown-key", { batch: [] })).toMatchObject({ status: 401 });
    expect(await batch(secret, [1, 2, 3, 4])).toMatchObject({ status: 413 });
    expect(await batch(secret, [1, 2, 3])).toMatchObject({
      status: 429,
      headers: { "retry-after": expect.stringMatching(/^\d+$/) },
    });
  });

  it("the audit row has the status of the response", async () => {
    const { clientId, secret } = await addClient(deps, "audited");
    const taken = await batch(secret, [aCall()]);
    const conflicting = await batch(secret, [
      aCall({ messageId: "c" }),
      aCall({ messageId: "c", event: "Other" }),
    ]);
    await drainAll(deps);
    const rows = await deps.sql`
      SELECT request_id, status, route FROM audit_log WHERE client_id = ${clientId} ORDER BY request_id`;
    expect(rows.map(({ request_id, status, route }) => [request_id, status, route])).toEqual(
      [taken, conflicting].map(({ headers }) => [headers["x-request-id"], 200, "/v1/batch"]),
    );
  });
});
