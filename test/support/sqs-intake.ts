/** Weir on SQS (fauxqs) behind a proxy that makes faults, and what its tests look at. */
import { expect } from "vitest";
import type { Config } from "../../lib/config.ts";
import * as contract from "../../lib/contract/events.ts";
import type { Deps } from "../../lib/deps.ts";
import { testDeps } from "./deps.ts";
import { anEvent, counts, drainAll } from "./pipeline.ts";
import { asker } from "./reading.ts";
import { makeSqsQueue, sqsServer } from "./sqs.ts";
import { type SqsProxy, sqsProxy } from "./sqs-proxy.ts";

/**
 * Messages are small, so that a request of usual size becomes several.
 * @param overrides settings by the name they have in `Config`
 */
export async function sqsIntake(overrides: Partial<Config> = {}): Promise<{ deps: Deps; proxy: SqsProxy }> {
  const endpoint = await sqsServer();
  const proxy = await sqsProxy(endpoint);
  const sqs = await makeSqsQueue(endpoint);
  const deps = await testDeps({
    queue: "sqs",
    sqs: { ...sqs, endpoint: proxy.url, messageBytes: 16_384 },
    queueMaxDeliveries: 100,
    ...overrides,
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
  for (const { receipts, books, sent, stats } of deps.shards.all) {
    expect(await deps.redis.hlen(receipts)).toBe(0);
    expect(await deps.redis.hlen(books)).toBe(0);
    expect(await deps.redis.zcard(sent)).toBe(0);
    expect(Number(await deps.redis.hget(stats, "events"))).toBe(0);
  }
  const row = await counts(deps, clientId);
  const settled = Number(row?.stored) + Number(row?.duplicates) + Number(row?.quarantined);
  expect(Number(await deps.redis.hget(deps.shards.of(clientId).accepted, clientId))).toBe(settled);
}

export const readReceipt = async (deps: Deps, secret: string, receipt_id: string) =>
  (await asker(deps, secret)(contract.getReceipt, { params: { receipt_id } })).body;
