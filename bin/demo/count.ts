/** What a running system counts of the events that were replayed. */
import { setTimeout as sleep } from "node:timers/promises";
import { countEvents } from "../../lib/analytics/contract.ts";
import type { Api } from "./api.ts";
import { movedRange } from "./data.ts";
import type { Replayed } from "./replay.ts";

/** How long to wait for an answer that includes everything sent before, and how often to ask. */
const CATCH_UP_MS = 60_000;
const ASK_MS = 200;

/**
 * Counts the events of a type in the span that its dataset covers. A duplicate may be one of an event that another run
 * has sent and that still waits in the queue, so what is missing is waited for, until the answer is from after the call.
 * @param client whose events, where the key says so
 * @throws {DemoError} as `Api.get` does
 */
export async function countReplayed(
  api: Pick<Api, "get">,
  { dataset, newestAt }: Pick<Replayed, "dataset" | "newestAt">,
  client: string | undefined,
): Promise<number> {
  const query = { event_type: dataset.type, ...movedRange(dataset, newestAt), client };
  const startedAt = performance.now();
  for (;;) {
    const { count, lag_ms } = await api.get("/v1/analytics/count", countEvents.responses[200], query);
    const waited = performance.now() - startedAt;
    // Two stretches of time are compared, not two clocks.
    const upToDate = lag_ms !== null && lag_ms <= waited;
    if (count === dataset.records.length || upToDate || waited > CATCH_UP_MS) return count;
    await sleep(ASK_MS);
  }
}
