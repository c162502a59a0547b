/** The most frequent values of a payload property. Values stay JSON text, so that numbers keep their digits. */

import { clientFilter } from "../auth/client-filter.ts";
import type { Call } from "../http/call.ts";
import { type ApiResponse, json } from "../http/gateway.ts";
import type { Stores } from "../storage/freshness.ts";
import { readFreshness } from "../storage/freshness.ts";
import { clampStart } from "../storage/horizon.ts";
import type * as contract from "./properties-contract.ts";
import { topValues } from "./sql/top-values.ts";
import { orTooBroad } from "./too-broad.ts";

/** Longest value that is returned, in bytes: a thousand of them stay well below the limit of a function's response. */
export const MAX_VALUE_BYTES = 1_000;

/** @throws {Problem} `insufficient-scope`, `query-too-broad` */
export async function getTop(call: Call<Stores, typeof contract.getTop>): Promise<ApiResponse> {
  const { deps, query } = call;
  const { event_type: eventType, start, end, where, property, limit } = query;
  const clientId = clientFilter(call);
  const { horizon, freshness } = await readFreshness(deps);
  const scope = { clientId, eventType, start: clampStart(start, horizon), end, where };
  const types = eventType === undefined ? null : [eventType];
  const rows = await orTooBroad(deps.sql, scope, types, () =>
    topValues(deps.sql, scope, property, { limit, maxBytes: MAX_VALUE_BYTES }),
  );
  const values = rows.flatMap(({ value, count }) =>
    value === null ? [] : `{"value":${value},"count":${count}}`,
  );
  const rest = {
    events: rows[0]?.events ?? 0,
    too_long: rows[0]?.too_long ?? 0,
    ...freshness,
    source: "raw",
  };
  return json(200, `{"values":[${values.join(",")}],${JSON.stringify(rest).slice(1)}`);
}
