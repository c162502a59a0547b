/** SQS as the queue, with a cluster of three servers as Redis. */
import { beforeAll, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import * as contract from "../../../lib/events/contract.ts";
import { openDoor } from "../../support/http/door.ts";
import { asker } from "../../support/http/reading.ts";
import { addClient, anEvent, counts, drainAll, expectTidy, send, stored } from "../../support/pipeline.ts";
import { padded, readReceipt, sqsIntake } from "../../support/queue/sqs-intake.ts";
import { type RedisCluster, redisCluster } from "../../support/servers/redis-cluster.ts";
import type { SqsProxy } from "../../support/servers/sqs-proxy.ts";

let cluster: RedisCluster;
let deps: Deps;
let proxy: SqsProxy;

beforeAll(async () => {
  cluster = await redisCluster();
  ({ deps, proxy } = await sqsIntake({ redisUrl: cluster.url, redisCluster: true, redisShards: 16 }));
});

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
  expect((await asker(deps, admin.secret)(contract.getPipeline)).body).toMatchObject({
    accepted: 600,
    pending: 600,
  });
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
  const door = openDoor(deps);
  const body = JSON.stringify(event);
  const statuses = [
    (await door.post(secret, body)).status,
    (await door.post("sk_nobody_knows", body)).status,
  ];
  expect(statuses).toEqual([202, 401]);
  await door.expectAudited([]);
  expect(await counts(deps, clientId)).toMatchObject(stored(1));
  await expectTidy(deps, clientId);
});
