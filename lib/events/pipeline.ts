/** How many accepted events are settled, and how many are pending. */

import { auditGaps } from "../audit/record/gaps.ts";
import { clientFilter } from "../auth/client-filter.ts";
import type { Call } from "../http/call.ts";
import { outage } from "../http/errors.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import type { Queue } from "../queue/port.ts";
import type * as contract from "./contract.ts";
import { readWaiting, type WaitingDeps } from "./waiting.ts";

/**
 * Totals and the queue's state. `accepted = stored + duplicates + quarantined + pending` holds at any moment: the settled
 * counts come from PostgreSQL, `pending` counts what the notes in Redis list and is not settled, `accepted` is their sum.
 * @throws {Problem} `insufficient-scope`; `queue-unavailable` if Redis is unreachable
 */
export async function getPipeline(
  call: Call<WaitingDeps & { queue: Queue }, typeof contract.getPipeline>,
): Promise<ApiResponse> {
  const { deps } = call;
  const clientId = clientFilter(call);
  const audit = await auditGaps(deps.sql);
  const { waiting, totals } = await readWaiting(deps, clientId);
  // After `readWaiting`, since what that finds settled no longer counts towards the depth.
  const depth = await deps.queue.depth().catch(outage("queue"));

  const sum = { accepted: 0, stored: 0, duplicates: 0, quarantined: 0, pending: 0 };
  for (const { stored, duplicates, quarantined } of totals) {
    sum.stored += stored;
    sum.duplicates += duplicates;
    sum.quarantined += quarantined;
  }
  for (const events of waiting.values()) sum.pending += events;
  sum.accepted = sum.stored + sum.duplicates + sum.quarantined + sum.pending;

  const queue = {
    messages: depth.messages,
    events: depth.events,
    oldest_age_ms: depth.oldestAgeMs,
    drain_per_second: depth.drainPerSecond,
    dead_letters: depth.deadLetters,
  };
  return json(200, { ...sum, queue, audit });
}
