import { setTimeout as sleep } from "node:timers/promises";
import type { Sent } from "./senders.ts";

/** Attempts before a sender gives up. */
const ATTEMPTS = 100;
const LONGEST_WAIT_MS = 2_000;

/**
 * Delivers as senders do: with any answer but 2xx, or without one, the same delivery is sent again after a while, signed
 * anew. Waits for `Retry-After`, shortened for a test.
 * @param statuses gets the status of each answer
 * @throws if the sender gives up
 */
export async function redeliver(
  url: string,
  sign: () => Promise<Sent> | Sent,
  statuses: number[],
): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
    let waitMs = 100;
    try {
      const { headers, body } = await sign();
      const answer = await fetch(url, { method: "POST", headers, body, signal: AbortSignal.timeout(10_000) });
      await answer.text();
      statuses.push(answer.status);
      if (answer.ok) return;
      waitMs = Math.min(LONGEST_WAIT_MS, Number(answer.headers.get("retry-after") ?? 0) * 1_000 || waitMs);
    } catch {
      // No answer: it was lost, or the server was away.
    }
    await sleep(waitMs);
  }
  throw new Error("The sender has given up.");
}
