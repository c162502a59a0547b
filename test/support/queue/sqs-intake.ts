/** Weir on SQS (fauxqs) behind a proxy that injects faults, and readings for its tests. */

import type { Deps } from "../../../lib/app/connect.ts";
import type { Config } from "../../../lib/config/config.ts";
import * as contract from "../../../lib/events/contract.ts";
import { asker } from "../http/reading.ts";
import { anEvent } from "../pipeline.ts";
import { testDeps } from "../servers/deps.ts";
import { makeSqsQueue, sqsServer } from "../servers/sqs.ts";
import { type SqsProxy, sqsProxy } from "../servers/sqs-proxy.ts";

/**
 * Messages are small, so that a request of usual size becomes several.
 * @param overrides settings by their names in `Config`
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

/** Returns events of about `bytes` bytes each. */
export const padded = (count: number, bytes: number): Record<string, unknown>[] =>
  Array.from({ length: count }, (_, n) => anEvent({ payload: { n, text: "x".repeat(bytes) } }));

export const readReceipt = async (deps: Deps, secret: string, receipt_id: string) =>
  (await asker(deps, secret)(contract.getReceipt, { params: { receipt_id } })).body;
