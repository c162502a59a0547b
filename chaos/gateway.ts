/** Serves the functions over HTTP, as API Gateway calls them (HTTP API, payload format 2.0). */
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type { FunctionName, Operation } from "../lib/http/operation.ts";

type Handler = (
  event: APIGatewayProxyEventV2,
  context: Context,
) => Promise<APIGatewayProxyStructuredResultV2 | undefined>;

/** As in serverless.yml. */
const TIMEOUT_MS: Readonly<Partial<Record<FunctionName, number>>> = { ingest: 15_000, health: 10_000 };
const DEFAULT_TIMEOUT_MS = 29_000;

interface Route {
  key: string;
  function: FunctionName;
  pattern: RegExp;
  names: string[];
}

/** @param operations all operations; the function `web` gets requests that match none of them */
export function gateway(
  operations: readonly Operation[],
  handlers: Readonly<Record<FunctionName, Handler>>,
): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const routes = operations.map(toRoute).sort((a, b) => a.names.length - b.names.length);
  return async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const url = new URL(request.url ?? "/", "http://127.0.0.1");
    const found = routes.find(({ key, pattern }) =>
      key.startsWith(`${request.method} `) ? pattern.test(url.pathname) : false,
    );
    const name = found?.function ?? "web";
    const event = toEvent(request, url, Buffer.concat(chunks), found);
    const answer = await invoke(handlers[name], event, name);
    response.writeHead(answer.statusCode ?? 200, answer.headers as Record<string, string>);
    response.end(answer.isBase64Encoded ? Buffer.from(answer.body ?? "", "base64") : answer.body);
  };
}

function toRoute({ method, path, function: name }: Operation): Route {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter = ""]) => parameter);
  const pattern = new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{\w+\}/g, "([^/]+)")}$`);
  return { key: `${method} ${path}`, function: name, pattern, names };
}

function toEvent(
  request: IncomingMessage,
  url: URL,
  body: Buffer,
  route: Route | undefined,
): APIGatewayProxyEventV2 {
  const method = request.method ?? "GET";
  const routeKey = route?.key ?? "$default";
  const values = route?.pattern.exec(url.pathname)?.slice(1) ?? [];
  const binary = request.headers["content-encoding"] !== undefined;
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  return {
    version: "2.0",
    routeKey,
    rawPath: url.pathname,
    rawQueryString: url.search.slice(1),
    headers,
    ...(values.length > 0 && {
      pathParameters: Object.fromEntries(
        values.map((value, index) => [route?.names[index] ?? "", decodeURIComponent(value)]),
      ),
    }),
    ...(body.length > 0 && { body: body.toString(binary ? "base64" : "utf8") }),
    isBase64Encoded: binary,
    requestContext: {
      accountId: "000000000000",
      apiId: "chaos",
      domainName: "127.0.0.1",
      domainPrefix: "chaos",
      http: {
        method,
        path: url.pathname,
        protocol: "HTTP/1.1",
        sourceIp: "127.0.0.1",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey,
      stage: "$default",
      time: new Date().toUTCString(),
      timeEpoch: Date.now(),
    },
  };
}

async function invoke(
  handler: Handler,
  event: APIGatewayProxyEventV2,
  name: FunctionName,
): Promise<APIGatewayProxyStructuredResultV2> {
  const timeoutMs = TIMEOUT_MS[name] ?? DEFAULT_TIMEOUT_MS;
  const endsAt = Date.now() + timeoutMs;
  const context = {
    functionName: `weir-chaos-${name}`,
    awsRequestId: event.requestContext.requestId,
    getRemainingTimeInMillis: () => endsAt - Date.now(),
  } as Context;
  // API Gateway's own response, which no function has seen.
  const unavailable = { statusCode: 503, body: '{"message":"Service Unavailable"}' };
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), timeoutMs);
  const answer = await Promise.race([handler(event, context), late.promise]).catch((error: unknown) => {
    console.error("The function threw:", error);
    return undefined;
  });
  clearTimeout(timer);
  return answer ?? unavailable;
}
