/** Health checks: over HTTP, and once a minute on a schedule that records the results. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { getDeps } from "../lib/app/connect-once.ts";
import { httpHandler } from "../lib/app/handler.ts";
import { metricsLine } from "../lib/base/metrics.ts";
import { version } from "../lib/base/version.ts";
import * as contract from "../lib/health/contract.ts";
import { healthHistory, measureHealth, recentHealth, recordHealth } from "../lib/health/health.ts";
import { serve } from "../lib/http/call.ts";
import { linkNext } from "../lib/http/cursor.ts";
import { json } from "../lib/http/gateway.ts";

const http = httpHandler(getDeps, [
  serve(contract.getLiveness, async () => json(200, { status: "ok", version })),
  serve(contract.getHealth, async ({ deps }) => {
    const health = await recentHealth(deps);
    return json(health.status === "ok" ? 200 : 503, health);
  }),
  serve(contract.getHealthHistory, async ({ deps, query, request }) => {
    const page = await healthHistory(deps, query);
    return json(200, page, linkNext(request, page.next_cursor));
  }),
]);

/** @param event a request, or a schedule's event, which has no `requestContext` */
export async function handler(
  event: APIGatewayProxyEventV2 | { source?: string },
  context: Context,
): Promise<APIGatewayProxyStructuredResultV2 | undefined> {
  if ("requestContext" in event) return http(event, context);
  const deps = await getDeps();
  const health = await recordHealth(deps);
  const metrics = await measureHealth(deps, health);
  // Not by `console`: Lambda adds a prefix to its text, and CloudWatch would not read the line as metrics.
  process.stdout.write(`${metricsLine(context.functionName, metrics)}\n`);
  return undefined;
}
