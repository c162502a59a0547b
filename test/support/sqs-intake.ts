/** Weir on SQS (fauxqs) behind a proxy that makes faults, and what its tests look at. */
import { expect } from "vitest";
import * as contract from "../../lib/contract/events.ts";
import type { Deps } from "../../lib/deps.ts";
import { testDeps } from "./deps.ts";
import { anEvent, counts, drainAll } from "./pipeline.ts";
import { asker } from "./reading.ts";
import { makeSqsQueue, sqsServer } from "./sqs.ts";
import { type SqsProxy, sqsProxy } from "./sqs-proxy.ts";

/** Messages are small, so that a request of usual size becomes several. */
export async function sqsIntake(): Promise<{ deps: Deps; proxy: SqsProxy }> {
  const endpoint = await sqsServer();
  const proxy = await sqsProxy(endpoint);
  const sqs = await makeSqsQueue(endpoint);
  const deps = await testDeps({
    queue: "sqs",
    sqs: { ...sqs, endpoint: proxy.url, messageBytes: 16_384 },
    queueMaxDeliveries: 100,
  });
  return { deps, proxy };
}

/** Events of about so many bytes each. */
export const padded = (count: number, bytes: number): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, n) => anEvent({ payload: { n, text: "x".repeat(bytes) } }));

/** Nothing is left in Redis of messages that were settled, and the counts agree. */
export async function expectTidy(deps: Deps, clientId: string): Promise<void> {
  // The audit rows of the questions that the test has asked.
  await drainAll(deps);
  expect(await deps.redis.hlen(deps.shards.first.receipts)).toBe(0);
  expect(await deps.redis.hlen(deps.shards.first.books)).toBe(0);
  expect(await deps.redis.zcard(deps.shards.first.sent)).toBe(0);
  expect(Number(await deps.redis.hget(deps.shards.first.stats, "events"))).toBe(0);
  const row = await counts(deps, clientId);
  const settled = Number(row?.stored) + Number(row?.duplicates) + Number(row?.quarantined);
  expect(Number(await deps.redis.hget(deps.shards.first.accepted, clientId))).toBe(settled);
}

export const readReceipt = async (deps: Deps, secret: string, receipt_id: string) =>
  (await asker(deps, secret)(contract.getReceipt, { params: { receipt_id } })).body;
