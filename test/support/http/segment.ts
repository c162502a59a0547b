/** The operations of Segment's HTTP API, called as the gateway does. */
import type { Deps } from "../../../lib/app/connect.ts";
import { type HttpHandler, httpHandler } from "../../../lib/app/handler.ts";
import { type Served, serve } from "../../../lib/http/call.ts";
import { CALL_TYPES } from "../../../lib/ingest/segment/call.ts";
import * as contract from "../../../lib/ingest/segment/contract.ts";
import { getSettings, receiveCalls } from "../../../lib/ingest/segment/segment.ts";
import { type Answer, context, toAnswer } from "../pipeline.ts";
import { gatewayEvent } from "./gateway.ts";

const served: Served<Deps>[] = Object.values(contract).map((operation) => {
  if (operation === contract.getSettings) return serve(contract.getSettings, getSettings);
  const name = operation.path.replace("/v1/", "");
  const type = CALL_TYPES.find((one) => one === name || one.charAt(0) === name);
  return serve(operation, (call) => receiveCalls(call, type));
});

const handlers = new WeakMap<Deps, HttpHandler>();

export interface SegmentRequest {
  /** Such as `/v1/batch`. */
  path: string;
  method?: string;
  key?: string | undefined;
  /** Sent as JSON; text is sent unchanged. */
  body?: unknown;
  headers?: Record<string, string>;
}

/** Calls an operation with the key as the user of HTTP Basic; one that has the key in its path gets it there. */
export async function segment(deps: Deps, request: SegmentRequest): Promise<Answer> {
  const handler = handlers.get(deps) ?? httpHandler(() => deps, served);
  handlers.set(deps, handler);
  const { path, method = "POST", key, body, headers = {} } = request;
  const basic =
    key === undefined ? {} : { authorization: `Basic ${Buffer.from(`${key}:`).toString("base64")}` };
  const writeKey = /^\/v1\/projects\/(.*)\/settings$/.exec(path)?.[1];
  const event = gatewayEvent({
    method,
    route: writeKey === undefined ? path : contract.getSettings.path,
    path,
    ...(writeKey !== undefined && { params: { write_key: writeKey } }),
    headers: { ...basic, ...headers },
    ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
  });
  return toAnswer(await handler(event, context));
}
