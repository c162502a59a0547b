/** Clients with meters, for the worker's part: what meters cost when events are stored. */

import type { z } from "zod";
import type { Deps } from "../lib/app/connect.ts";
import type { newMeterSchema } from "../lib/meters/declare-contract.ts";
import { createMeter } from "../lib/meters/meters.ts";
import { TYPES } from "./events.ts";
import { makeClient } from "./handler.ts";
import { type Measured, ratios } from "./measure.ts";
import type { Goal } from "./part.ts";
import { formatMedian, median } from "./statistics.ts";

type NewMeter = z.output<typeof newMeterSchema>;

/** Names of the contenders. */
export const METERED = "three meters, each of one of five event types";
export const METERED_BY_ALL = "three meters of each event type";
/** The most that meters may cost. */
const SLOWER = 0.05;

const VALUE = "payload.amount";
const COUNTRY = { name: "country", property: "payload.country" };
/** Events of the bench do not have it. */
const PLAN = { name: "plan", property: "payload.plan" };
/** What three meters keep. */
const KEPT: readonly Pick<NewMeter, "value" | "dimensions">[] = [
  { value: VALUE, dimensions: [COUNTRY] },
  { value: VALUE, dimensions: [COUNTRY, PLAN] },
  { value: VALUE, dimensions: [] },
];

/** Declares meters of a new client. @returns the secret of its key */
export async function meteredClient(
  deps: Deps,
  name: typeof METERED | typeof METERED_BY_ALL,
): Promise<string> {
  const clientId = name === METERED ? "metered" : "metered-by-all";
  const secret = await makeClient(deps, clientId, ["ingest"]);
  for (const [n, kept] of KEPT.entries())
    for (const type of name === METERED ? TYPES.slice(n, n + 1) : TYPES)
      await createMeter(deps, {
        client_id: clientId,
        name: `${type.replace(".", "-")}-${n}`,
        event_type: type,
        uniques: false,
        ...kept,
      });
  return secret;
}

/** The goal for the usual case. @param without name of the same without meters */
export function meteredGoal(measured: Measured, without: string): Goal {
  const share = ratios(measured, METERED, without);
  const processor = ratios(measured, METERED, without, "processorUs");
  const worst = ratios(measured, METERED_BY_ALL, without);
  return {
    what: `worker, ${METERED}`,
    reach: `≤ ${SLOWER * 100} % slower`,
    got: `${formatMedian(share, 100)} % of the rate and ${formatMedian(processor, 100)} % of the processor time without meters; with ${METERED_BY_ALL} ${formatMedian(worst, 100)} % of the rate`,
    reached: median(share) >= 1 - SLOWER,
    why: "the worker's process reads each payload once for all meters; a second statement adds the cells: docs/decisions/0046.",
  };
}
