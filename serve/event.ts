/** Translates between node:http and API Gateway's HTTP API (payload format 2.0). */
import { isUtf8 } from "node:buffer";
import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { unescape as decodeLeniently } from "node:querystring";
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import type { Match } from "./routes.ts";

/** A request target without its query, and its query without the question mark, both as sent. */
export function splitTarget(target: string): { path: string; query: string } {
  // A proxy's absolute form, `GET http://host/path`, names the same resource.
  const origin = /^https?:\/\/[^/?#]*/i.exec(target)?.[0].length ?? 0;
  const local = target.slice(origin);
  const at = local.indexOf("?");
  const path = at < 0 ? local : local.slice(0, at);
  return { path: path === "" ? "/" : path, query: at < 0 ? "" : local.slice(at + 1) };
}

/**
 * @param body as received. It is passed as base64 if it is compressed or not UTF-8; API Gateway decides by the media type.
 * @param address the client's, or null if it is unknown
 * @param receivedAt in milliseconds since the Unix epoch
 */
export function toEvent(
  request: IncomingMessage,
  { key, params }: Match,
  { body, address, receivedAt }: { body: Buffer; address: string | null; receivedAt: number },
): APIGatewayProxyEventV2 {
  const { path, query } = splitTarget(request.url ?? "/");
  const { cookie, ...headers } = joined(request.rawHeaders);
  const isText = headers["content-encoding"] === undefined && isUtf8(body);
  return {
    version: "2.0",
    routeKey: key,
    rawPath: path,
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.split(/; ?/) }),
    headers,
    ...(query !== "" && { queryStringParameters: joinedQuery(query) }),
    ...(params && { pathParameters: params }),
    ...(body.length > 0 && { body: body.toString(isText ? "utf8" : "base64") }),
    isBase64Encoded: body.length > 0 && !isText,
    requestContext: {
      accountId: "anonymous",
      apiId: "weir",
      domainName: headers.host ?? "",
      domainPrefix: headers.host?.split(".")[0] ?? "",
      http: {
        method: request.method ?? "GET",
        path,
        protocol: `HTTP/${request.httpVersion}`,
        sourceIp: address ?? "",
        userAgent: headers["user-agent"] ?? "",
      },
      requestId: randomUUID(),
      routeKey: key,
      stage: "$default",
      time: commonLogTime(receivedAt),
      timeEpoch: receivedAt,
    },
  };
}

/**
 * Repeated headers are joined by a comma, cookies by a semicolon.
 * @param raw names and values in turn
 */
function joined(raw: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = Object.create(null);
  for (let at = 0; at < raw.length; at += 2) {
    const [name, value] = [(raw[at] ?? "").toLowerCase(), raw[at + 1] ?? ""];
    const before = headers[name];
    headers[name] = before === undefined ? value : `${before}${name === "cookie" ? "; " : ","}${value}`;
  }
  return headers;
}

/** Decoded; the values of a repeated parameter are joined by a comma. */
function joinedQuery(query: string): Record<string, string> {
  const values: Record<string, string> = Object.create(null);
  for (const part of query.split("&")) {
    if (part === "") continue;
    const at = part.indexOf("=");
    const name = decode(at < 0 ? part : part.slice(0, at));
    const value = at < 0 ? "" : decode(part.slice(at + 1));
    values[name] = values[name] === undefined ? value : `${values[name]},${value}`;
  }
  return values;
}

const decode = (text: string): string => decodeLeniently(text.replaceAll("+", " "));

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
/** The time of the last call, since all requests of one second have the same. */
let cached = { second: -1, text: "" };

/** As in API Gateway's events: `12/Mar/2020:19:03:58 +0000`. */
function commonLogTime(ms: number): string {
  const second = Math.floor(ms / 1_000);
  if (second !== cached.second) {
    const [date = "", clock = ""] = new Date(ms).toISOString().split("T");
    const [year, month, day] = date.split("-");
    cached = { second, text: `${day}/${MONTHS[Number(month) - 1]}/${year}:${clock.slice(0, 8)} +0000` };
  }
  return cached.text;
}

/** Headers that belong to the connection; a function can't set them. */
const HOP_BY_HOP = new Set(["connection", "keep-alive", "transfer-encoding", "upgrade", "content-length"]);

/** Writes a function's result. Node adds the length, and omits the body for HEAD. */
export function writeResult(response: ServerResponse, result: APIGatewayProxyStructuredResultV2): void {
  const text = result.body ?? "";
  const body = result.isBase64Encoded ? Buffer.from(text, "base64") : text;
  response.statusCode = result.statusCode ?? 200;
  for (const [name, value] of Object.entries(result.headers ?? {}))
    if (!HOP_BY_HOP.has(name.toLowerCase())) response.setHeader(name, String(value));
  if (result.cookies) response.setHeader("set-cookie", result.cookies);
  if (response.statusCode !== 204 && response.statusCode !== 304)
    response.setHeader("content-length", Buffer.byteLength(body));
  response.end(body);
}

/** The parts of Lambda's context that functions use. @param timeoutMs milliseconds that the call has */
export function contextOf(functionName: string, timeoutMs: number): Context {
  const endsAt = Date.now() + timeoutMs;
  return {
    functionName: `weir-${functionName}`,
    getRemainingTimeInMillis: () => endsAt - Date.now(),
  } as Context;
}
