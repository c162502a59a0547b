/** The ingest function's own stack, and its requests. */
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import type { Deps } from "../../../lib/app/connect.ts";
import { type HttpHandler, httpHandler } from "../../../lib/app/handler.ts";
import { serve } from "../../../lib/http/call.ts";
import { sendEvents } from "../../../lib/ingest/contract.ts";
import { ingest } from "../../../lib/ingest/ingest.ts";
import { type GatewayRequest, gatewayEvent } from "./gateway.ts";

export const ingestHandler = (deps: Deps): HttpHandler =>
  httpHandler(() => deps, [serve(sendEvents, ingest)]);

/** The gateway's event for a body: text unchanged, bytes as base64. */
export const ingestEvent = (
  secret: string | undefined,
  body: string | Buffer | undefined,
  headers: Record<string, string> = {},
  others: Partial<GatewayRequest> = {},
): APIGatewayProxyEventV2 =>
  gatewayEvent({
    method: "POST",
    route: "/v1/events",
    headers: {
      "content-type": "application/json",
      ...(secret !== undefined && { "x-api-key": secret }),
      ...headers,
    },
    ...(body !== undefined && { body: typeof body === "string" ? body : body.toString("base64") }),
    base64: typeof body === "object",
    ...others,
  });
