import { randomUUID } from "node:crypto";
import type { APIGatewayProxyEventV2 } from "aws-lambda";

export interface GatewayRequest {
  method: string;
  /** The route's template, or `$default`. */
  route: string;
  path?: string;
  query?: Record<string, string> | URLSearchParams;
  /** Names are in lower case. */
  headers?: Record<string, string>;
  body?: string;
  /** The body is base64, as the gateway passes on binary data. */
  base64?: boolean;
  params?: Record<string, string>;
  receivedAt?: number;
}

/** The event that API Gateway (HTTP API, payload format 2.0) creates for a request. */
export function gatewayEvent(request: GatewayRequest): APIGatewayProxyEventV2 {
  const {
    method,
    route,
    path = route,
    headers = {},
    body,
    base64 = false,
    receivedAt = Date.now(),
  } = request;
  const rawQueryString = new URLSearchParams(request.query).toString();
  const routeKey = route === "$default" ? route : `${method} ${route}`;
  return {
    version: "2.0",
    routeKey,
    rawPath: path,
    rawQueryString,
    headers: { "user-agent": "test", ...headers },
    ...(request.params && { pathParameters: request.params }),
    ...(body !== undefined && { body }),
    isBase64Encoded: base64,
    requestContext: {
      accountId: "123456789012",
      apiId: "test",
      domainName: "test.execute-api.eu-central-1.amazonaws.com",
      domainPrefix: "test",
      http: { method, path, protocol: "HTTP/1.1", sourceIp: "203.0.113.7", userAgent: "test" },
      requestId: randomUUID(),
      routeKey,
      stage: "$default",
      time: new Date(receivedAt).toUTCString(),
      timeEpoch: receivedAt,
    },
  };
}
