/** The span of an HTTP call, by OpenTelemetry's semantic conventions: https://opentelemetry.io/docs/specs/semconv/http/ */
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  SpanKind,
  type SpanOptions,
  trace,
} from "@opentelemetry/api";
import { withoutSecrets } from "../base/redact.ts";
import { readTrace } from "../base/trace-context.ts";
import { failSpan, inSpan, surrounding } from "../base/tracing.ts";
import { type ApiRequest, shownPath } from "../http/gateway.ts";

/** Methods that have a name of their own; a caller may send any text. */
const METHODS = new Set(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"]);
const LONGEST_PATH = 1_000;

interface Answered {
  statusCode?: number | undefined;
}

/**
 * Runs a call in its span: a child of the sender's, if its `traceparent` is valid. Attributes have neither keys nor the query
 * nor the body, and not the caller's address and user agent, which an erasure could not reach.
 * @param clientId called at the end, when the caller is known
 * @param run gets the context to pass on
 */
export function serverSpan<R extends Answered>(
  request: ApiRequest,
  clientId: () => string | null,
  run: (inside: Context) => Promise<R>,
): Promise<R> {
  const { name, options, parent } = describe(request);
  return inSpan(name, options, parent, async (span, inside) => {
    const result = await run(inside);
    if (!span.isRecording()) return result;
    const status = result.statusCode ?? 200;
    span.setAttribute("http.response.status_code", status);
    const client = clientId();
    if (client !== null) span.setAttribute("weir.client.id", client);
    if (status >= 500) failSpan(span, String(status));
    return result;
  });
}

function describe(request: ApiRequest): { name: string; options: SpanOptions; parent: Context } {
  const { method, route, headers } = request;
  const sender = readTrace(headers);
  // Lambda's layer has a span for the invocation. It is a child of the sender's, or of a trace that X-Ray has begun.
  const around = surrounding();
  const isOther = around && sender && trace.getSpanContext(around)?.traceId !== sender.traceId;
  const hasRoute = route !== "$default";
  const name = METHODS.has(method) ? method : "HTTP";
  return {
    name: hasRoute ? `${name} ${route}` : name,
    options: {
      // Of nested spans, only the outermost is the server's, or the call would be counted twice.
      kind: around ? SpanKind.INTERNAL : SpanKind.SERVER,
      attributes: attributesOf(request, hasRoute),
      ...(isOther && { links: [{ context: sender }] }),
    },
    parent: around ?? (sender ? trace.setSpanContext(ROOT_CONTEXT, sender) : ROOT_CONTEXT),
  };
}

function attributesOf(request: ApiRequest, hasRoute: boolean): Attributes {
  const { id, method, route, headers } = request;
  const attributes: Attributes = {
    "http.request.method": METHODS.has(method) ? method : "_OTHER",
    "url.path": withoutSecrets(shownPath(request)).slice(0, LONGEST_PATH),
    "url.scheme": headers["x-forwarded-proto"] === "https" ? "https" : "http",
    "weir.request.id": id,
  };
  if (hasRoute) attributes["http.route"] = route;
  return attributes;
}
