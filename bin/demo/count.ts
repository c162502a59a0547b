/** Counts the replayed events in a running system. */
import { setTimeout as sleep } from "node:timers/promises";
import { countEvents } from "../../lib/analytics/contract.ts";
import type { Api } from "./api.ts";
import { movedRange } from "./data.ts";
import type { Replayed } from "./replay.ts";

/** How long to wait for a response that includes everything sent before, and the polling interval. */
const CATCH_UP_MS = 60_000;
const ASK_MS = 200;

/**
 * Counts the events of a type in the time range of its dataset. A duplicate's original may be an event of another run that
 * still waits in the queue, so this waits for missing events until the response reflects a time after the call.
 * @param client whose events to count, if the key belongs to a client
 * @throws {DemoError} as `Api.call` does
 */
export async function countReplayed(
  api: Pick<Api, "call">,
  { dataset, newestAt }: Pick<Replayed, "dataset" | "newestAt">,
  client: string | undefined,
): Promise<number> {
  const query = {
    event_type: [dataset.type],
    ...movedRange(dataset, newestAt),
    ...(client !== undefined && { client }),
  };
  const startedAt = performance.now();
  for (;;) {
    const { count, lag_ms } = await api.call("countEvents", countEvents.responses[200], { query });
    const waited = performance.now() - startedAt;
    // Compares two durations, not two clocks.
    const upToDate = lag_ms !== null && lag_ms <= waited;
    if (count === dataset.records.length || upToDate || waited > CATCH_UP_MS) return count;
    await sleep(ASK_MS);
  }
}
