import { countEvents, getLatency, groupEvents } from "../lib/analytics.ts";
import { httpHandler, serve } from "../lib/api.ts";
import * as contract from "../lib/contract/analytics.ts";
import type { Operation } from "../lib/contract/operation.ts";
import type { Deps } from "../lib/deps.ts";
import { getSeries } from "../lib/series.ts";
import { gatewayEvent } from "../test/support/gateway.ts";
import { context } from "../test/support/pipeline.ts";

/** Asks the analytics function's own stack. @throws when the answer is not 200 */
export function handlerOf(deps: Deps, secret: string) {
  const handler = httpHandler(
    () => deps,
    [
      serve(contract.countEvents, countEvents),
      serve(contract.groupEvents, groupEvents),
      serve(contract.getSeries, getSeries),
      serve(contract.getLatency, getLatency),
    ],
  );
  return async (operation: Operation, query: Record<string, string>): Promise<unknown> => {
    const headers = { "x-api-key": secret };
    const { method, path: route } = operation;
    const result = await handler(gatewayEvent({ method, route, query, headers }), context);
    if (result.statusCode !== 200) throw new Error(`${route}: ${result.statusCode} ${result.body}`);
    return result.body;
  };
}
