/** Health: asked over HTTP, and once a minute by a schedule that keeps a record. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { httpHandler, serve } from "../lib/api.ts";
import * as contract from "../lib/contract/health.ts";
import { getDeps } from "../lib/deps-once.ts";
import { checkHealth, healthHistory, recordHealth } from "../lib/health.ts";
import { json } from "../lib/http.ts";
import { version } from "../lib/version.ts";

/** An answer from a cache would say how it was. */
const fresh = { "cache-control": "no-store" };

const http = httpHandler(getDeps, [
  serve(contract.getLiveness, async () => json(200, { status: "ok", version }, fresh)),
  serve(contract.getHealth, async ({ deps }) => {
    const health = await checkHealth(deps);
    return json(health.status === "ok" ? 200 : 503, health, fresh);
  }),
  serve(contract.getHealthHistory, async ({ deps, query }) =>
    json(200, await healthHistory(deps, query), fresh),
  ),
]);

/** @param event a request, or what a schedule sends, which has no request */
export async function handler(
  event: APIGatewayProxyEventV2 | { source?: string },
  context: Context,
): Promise<APIGatewayProxyStructuredResultV2 | undefined> {
  if ("requestContext" in event) return http(event, context);
  await recordHealth(getDeps());
  return undefined;
}
