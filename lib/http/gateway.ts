/** HTTP as our use cases see it, between API Gateway's event (payload format 2.0) and its answer. */
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import { uuidv7 } from "../base/ids.ts";
import type { Problem } from "./problem.ts";

export interface ApiRequest {
  /** Names the request everywhere: `X-Request-Id`, receipt, audit row, log. */
  id: string;
  /** When the gateway received it, in milliseconds since the Unix epoch. */
  receivedAt: number;
  method: string;
  /** The route's template, or `$default` where none matches. */
  route: string;
  path: string;
  params: Readonly<Record<string, string>>;
  query: URLSearchParams;
  /** The query as it was sent, without its question mark. */
  rawQuery: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  address: string | null;
  /** The body as the gateway handed it over. */
  body: string;
  bodyIsBase64: boolean;
}

export interface ApiResponse {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** `APIGatewayProxyEventV2` where the emulator leaves members null that AWS leaves out. */
type GatewayEvent = APIGatewayProxyEventV2;

/**
 * Reads the gateway's event. The id is ours: the emulator's `requestContext.requestId` is a constant, and a caller's
 * own `X-Request-Id` need not be unique.
 */
export function fromGateway(event: GatewayEvent): ApiRequest {
  const { http, timeEpoch } = event.requestContext;
  const receivedAt = timeEpoch > 0 ? timeEpoch : Date.now();
  const route =
    event.routeKey === "$default" ? "$default" : event.routeKey.slice(event.routeKey.indexOf(" ") + 1);
  return {
    // It begins with that time, so that the id alone leads to the audit entry.
    id: uuidv7(receivedAt),
    receivedAt,
    method: http.method,
    route,
    path: event.rawPath,
    params: Object.fromEntries(
      Object.entries(event.pathParameters ?? {}).map(([name, value]) => [name, value ?? ""]),
    ),
    query: new URLSearchParams(event.rawQueryString),
    rawQuery: event.rawQueryString,
    headers: event.headers,
    address: http.sourceIp || null,
    body: event.body ?? "",
    bodyIsBase64: event.isBase64Encoded,
  };
}

export const toGateway = ({ status, headers, body }: ApiResponse): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers,
  body,
});

/** @param body JSON text where it is a string, as it is; any other value is written as JSON */
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
