/** Converts between API Gateway's events and responses (payload format 2.0) and the use cases' HTTP types. */

import type { Context } from "@opentelemetry/api";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { uuidv7 } from "../base/ids.ts";
import type { Problem } from "./problem.ts";

export interface ApiRequest {
  /** Identifies the request everywhere: `X-Request-Id`, receipt, audit row, log. */
  id: string;
  /** When the gateway received it, in milliseconds since the Unix epoch. */
  receivedAt: number;
  method: string;
  /** The route's template, or `$default` if no route matches. */
  route: string;
  path: string;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** The query as sent, without its question mark. */
  rawQuery: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  address: string | null;
  /** The body as the gateway passed it. */
  body: string;
  bodyIsBase64: boolean;
  /** When the response must be ready, in milliseconds since the Unix epoch; absent outside of a handler. */
  endsAt?: number;
  /** The trace that the call belongs to; absent outside of a handler. */
  trace?: Context;
}

export interface ApiResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** The body is base64, for content that is not text. */
  bodyIsBase64?: true;
}

/** `APIGatewayProxyEventV2`; serverless-offline sets members to null that AWS omits. */
type GatewayEvent = APIGatewayProxyEventV2;

/**
 * Reads the gateway's event. Weir generates the id: in serverless-offline, `requestContext.requestId` is a constant, and a
 * caller's own `X-Request-Id` need not be unique.
 */
export function fromGateway(event: GatewayEvent): ApiRequest {
  const { http, timeEpoch } = event.requestContext;
  const receivedAt = timeEpoch > 0 ? timeEpoch : Date.now();
  const route =
    event.routeKey === "$default" ? "$default" : event.routeKey.slice(event.routeKey.indexOf(" ") + 1);
  return {
    // The id begins with the time, so it alone leads to the audit entry.
    id: uuidv7(receivedAt),
    receivedAt,
    method: http.method,
    route,
    path: event.rawPath,
    params: event.pathParameters ? definedOf(event.pathParameters) : {},
    query: new URLSearchParams(event.rawQueryString),
    rawQuery: event.rawQueryString,
    headers: event.headers,
    address: http.sourceIp || null,
    body: event.body ?? "",
    bodyIsBase64: event.isBase64Encoded,
  };
}

/**
 * The path as records show it. A key may be part of it, and `withoutSecrets` knows only the keys that Weir has made, so such a
 * path is replaced by its route.
 */
export const shownPath = ({ path, route, params }: Pick<ApiRequest, "path" | "route" | "params">): string =>
  params.write_key === undefined ? path : route;

const definedOf = (params: Readonly<Record<string, string | undefined>>): Record<string, string> =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, value ?? ""]));

export const toGateway = ({
  status,
  headers,
  body,
  bodyIsBase64,
}: ApiResponse): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers,
  body,
  ...(bodyIsBase64 && { isBase64Encoded: true }),
});

/** @param body a string is sent unchanged, as JSON text; any other value is converted to JSON */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): ApiResponse {
  return {
    status,
    headers: { "content-type": "application/json; charset=utf-8", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body),
  };
}

export function problemResponse(problem: Problem, requestId: string): ApiResponse {
  return {
    status: problem.status,
    headers: { "content-type": "application/problem+json; charset=utf-8", ...problem.headers },
    body: JSON.stringify(problem.toDocument(requestId)),
  };
}
