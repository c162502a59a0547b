import type { APIGatewayProxyEventV2 } from "aws-lambda";
import captured from "../../fixtures/apigateway-v2.json" with { type: "json" };

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

/** A captured event of API Gateway (HTTP API, payload format 2.0), changed to this request. */
export function gatewayEvent(request: GatewayRequest): APIGatewayProxyEventV2 {
  const { method, route, path = route, body, base64 = false, receivedAt = Date.now() } = request;
  const routeKey = route === "$default" ? route : `${method} ${route}`;
  const length = Buffer.byteLength(body ?? "", base64 ? "base64" : "utf8");
  const { headers, requestContext } = captured;
  return {
    ...captured,
    routeKey,
    rawPath: path,
    rawQueryString: new URLSearchParams(request.query).toString(),
    headers: { ...headers, "content-length": String(length), "user-agent": "test", ...request.headers },
    ...(request.params && { pathParameters: request.params }),
    ...(body !== undefined && { body }),
    isBase64Encoded: base64,
    requestContext: {
      ...requestContext,
      http: { ...requestContext.http, method, path, sourceIp: "203.0.113.7", userAgent: "test" },
      routeKey,
      timeEpoch: receivedAt,
    },
  };
}
