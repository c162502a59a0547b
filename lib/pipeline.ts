/** Where the accepted events are: settled, or on their way. */
import type { Call } from "./api.ts";
import { auditGaps } from "./audit-gaps.ts";
import { clientFilter } from "./client-filter.ts";
import type * as contract from "./contract/events.ts";
import type { Deps } from "./deps.ts";
import { outage } from "./errors.ts";
import { type ApiResponse, json } from "./http.ts";
import { readTotals } from "./sql/read-totals.ts";

/**
 * Totals and the queue. `accepted = stored + duplicates + quarantined + pending` holds at any moment, though the two
 * sides are read from two servers: an event is counted as accepted in the very step that enqueues it, so before it can
 * be settled, and neither count ever falls (a redrive moves events from one settled kind to another). PostgreSQL is
 * read first. What it had settled then was accepted by then, so the later look at Redis finds at least as many, and the
 * difference, never negative, is what was pending or has been settled since the first look.
 *
 * With SQS the worker may settle events a moment before they are counted, and Redis may have lost a client's count: then
 * the settled events are the accepted ones that are known of.
 * @throws {Problem} `insufficient-scope`; `queue-unavailable` when Redis is out of reach
 */
export async function getPipeline(call: Call<typeof contract.getPipeline>): Promise<ApiResponse> {
  const { deps } = call;
  const clientId = clientFilter(call);
  const [totals, audit] = await Promise.all([readTotals(deps.sql, clientId), auditGaps(deps.sql)]);
  const [counts, depth] = await Promise.all([readAccepted(deps, clientId), deps.queue.depth()]).catch(
    outage("queue"),
  );

  const sum = { accepted: 0, stored: 0, duplicates: 0, quarantined: 0, pending: 0 };
  for (const { client_id, stored, duplicates, quarantined } of totals) {
    const settled = stored + duplicates + quarantined;
    sum.stored += stored;
    sum.duplicates += duplicates;
    sum.quarantined += quarantined;
    counts.set(client_id, Math.max(settled, counts.get(client_id) ?? 0));
  }
  for (const accepted of counts.values()) sum.accepted += accepted;
  sum.pending = sum.accepted - sum.stored - sum.duplicates - sum.quarantined;

  const queue = {
    messages: depth.messages,
    events: depth.events,
    oldest_age_ms: depth.oldestAgeMs,
    drain_per_second: depth.drainPerSecond,
    dead_letters: depth.deadLetters,
  };
  return json(200, { ...sum, queue, audit });
}

/** Events ever accepted, by client. */
async function readAccepted({ redis, shards }: Deps, clientId: string | null): Promise<Map<string, number>> {
  if (clientId !== null)
    return new Map([[clientId, Number(await redis.hget(shards.of(clientId).accepted, clientId))]]);
  // A client is in one shard only.
  const counts = await Promise.all(shards.all.map(({ accepted }) => redis.hgetall(accepted)));
  return new Map(counts.flatMap(Object.entries).map(([id, count]) => [id, Number(count)]));
}
