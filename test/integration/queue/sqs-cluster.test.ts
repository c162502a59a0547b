/** SQS as the queue, with a cluster of three servers as Redis. */
import { expect, it } from "vitest";
import * as contract from "../../../lib/events/contract.ts";
import { ingestApi } from "../../support/http/ingest-api.ts";
import { asker } from "../../support/http/reading.ts";
import { addClient, anEvent, counts, drainAll, expectTidy, send, stored } from "../../support/pipeline.ts";
import { padded, readReceipt, sqsIntake } from "../../support/queue/sqs-intake.ts";
import { redisCluster } from "../../support/servers/redis-cluster.ts";

const cluster = await redisCluster();
const { deps, proxy } = await sqsIntake({ redisUrl: cluster.url, redisCluster: true, redisShards: 16 });

it("events of many clients are accepted, stored and counted once, and the in-flight index ends empty", async () => {
  const clients = await Promise.all(Array.from({ length: 20 }, (_, n) => addClient(deps, `client-${n}`)));
  const receipts: string[] = [];
  for (const { secret } of clients) {
    const events = padded(30, 1_000);
    receipts.push((await send(deps, secret, { events })).body.receipt_id);
    expect((await send(deps, secret, { events })).body).toMatchObject({ accepted: 0, duplicates: 30 });
  }
  await cluster.expectSpread();
  expect(await deps.queue.depth()).toMatchObject({ events: 600, drainPerSecond: 0 });
  expect((await deps.queue.depth()).oldestAgeMs).toBeGreaterThan(0);
  const admin = await addClient(deps, "admin", { scopes: ["admin"] });
  const all = (await asker(deps, admin.secret)(contract.getPipeline)).body;
  expect(all).toMatchObject({ accepted: 600, pending: 600 });
  const [first] = clients as [(typeof clients)[0]];
  expect(await readReceipt(deps, first.secret, receipts[0] ?? "")).toMatchObject({ pending: 30 });
  expect(await readReceipt(deps, admin.secret, receipts[0] ?? "")).toMatchObject({ pending: 30 });
  await drainAll(deps);
  for (const { clientId } of clients) {
    expect(await counts(deps, clientId)).toMatchObject(stored(30));
    await expectTidy(deps, clientId);
  }
  expect((await deps.queue.depth()).drainPerSecond).toBeGreaterThan(0);
  await cluster.expectSpread();
});

it("events that SQS refuses are reported and can be sent again, and every answer is in the audit log", async () => {
  const { clientId, secret } = await addClient(deps, "refused");
  const event = anEvent();
  proxy.refuse(() => true);
  expect((await send(deps, secret, event)).status).toBe(503);
  proxy.refuse(() => false);
  await drainAll(deps);
  await deps.sql`TRUNCATE audit_log`;
  const api = ingestApi(deps);
  const body = JSON.stringify(event);
  expect((await api.post(secret, body)).status).toBe(202);
  expect((await api.post("sk_nobody_knows", body)).status).toBe(401);
  await api.expectAudited();
  expect(await counts(deps, clientId)).toMatchObject(stored(1));
  await expectTidy(deps, clientId);
});
