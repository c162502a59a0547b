/** Counts how many keys reached each step of a funnel. */

import { clientFilter } from "../auth/client-filter.ts";
import type { Call } from "../http/call.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import type { Stores } from "../storage/freshness.ts";
import { readFreshness } from "../storage/freshness.ts";
import { clampStart } from "../storage/horizon.ts";
import type * as contract from "./properties-contract.ts";
import { countFunnel } from "./sql/count-funnel.ts";
import type { FunnelStep } from "./sql/funnel-chains.ts";
import { orTooBroad } from "./too-broad.ts";

/** @throws {Problem} `insufficient-scope`, `query-too-broad` */
export async function getFunnel({
  deps,
  caller,
  body,
}: Call<Stores, typeof contract.getFunnel>): Promise<ApiResponse> {
  const { start, end, key, window_seconds: windowSeconds } = body;
  const clientId = clientFilter({ caller, query: body });
  const steps = body.steps.map(({ event_type: eventType, where }) => ({ eventType, where }));
  const { horizon, freshness } = await readFreshness(deps);
  const scope = { clientId, start: clampStart(start, horizon), end };
  const types = steps.map(({ eventType }) => eventType);
  const counts = await orTooBroad(deps.sql, scope, types, () =>
    countFunnel(deps.sql, scope, { key, steps, windowSeconds }),
  );
  return json(200, {
    steps: stepsOf(steps, counts),
    ...freshness,
    source: "raw",
  });
}

/** The steps of a funnel's answer. @param counts one for each step */
export const stepsOf = (steps: readonly Pick<FunnelStep, "eventType">[], counts: readonly number[]) =>
  counts.map((count, index) => ({
    event_type: steps[index]?.eventType,
    count,
    conversion: share(count, counts[0]),
    step_conversion: share(count, counts[Math.max(0, index - 1)]),
  }));

/** Null if the denominator is 0. */
const share = (count: number, of = 0): number | null => (of === 0 ? null : count / of);
