/** A collector for traces: an OTLP receiver (http/protobuf), https://opentelemetry.io/docs/specs/otlp/#otlphttp */
import { createServer, type IncomingHttpHeaders } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { listen } from "../servers/listen.ts";
import { type Fields, hexOf, messagesOf, numberOf, readFields, textOf } from "./protobuf.ts";

/** The kinds of spans, by number. */
const KINDS = ["unspecified", "internal", "server", "client", "producer", "consumer"] as const;

export interface ReceivedSpan {
  service: string;
  name: string;
  kind: (typeof KINDS)[number];
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentSpanId: string;
  links: { traceId: string; spanId: string }[];
  attributes: Record<string, unknown>;
  failed: boolean;
}

export interface Receiver {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  url: string;
  spans: ReceivedSpan[];
  /** Requests with spans, and the service of the first one. */
  requests: { service: string | undefined; headers: IncomingHttpHeaders }[];
}

/** Starts one; it is stopped after the file's tests. */
export async function otlpReceiver(): Promise<Receiver> {
  const spans: ReceivedSpan[] = [];
  const requests: Receiver["requests"] = [];
  const server = createServer(async (request, response) => {
    const body = await buffer(request);
    const isTraces =
      request.url === "/v1/traces" && request.headers["content-type"] === "application/x-protobuf";
    if (isTraces) {
      const sent = spansOf(request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body);
      requests.push({ service: sent[0]?.service, headers: request.headers });
      spans.push(...sent);
    }
    response.writeHead(isTraces ? 200 : 404, { "content-type": "application/x-protobuf" }).end();
  });
  return { url: `http://127.0.0.1:${await listen(server)}`, spans, requests };
}

function spansOf(request: Buffer): ReceivedSpan[] {
  return messagesOf(readFields(request), 1).flatMap((text) => {
    const resourceSpans = readFields(text);
    const resource = readFields(messagesOf(resourceSpans, 1)[0] ?? Buffer.alloc(0));
    const service = String(attributesOf(resource, 1)["service.name"]);
    return messagesOf(resourceSpans, 2)
      .flatMap((scopeSpans) => messagesOf(readFields(scopeSpans), 2))
      .map((span) => toSpan(service, readFields(span)));
  });
}

const toSpan = (service: string, span: Fields): ReceivedSpan => ({
  service,
  name: textOf(span, 5),
  kind: KINDS[numberOf(span, 6)] ?? "unspecified",
  traceId: hexOf(span, 1),
  spanId: hexOf(span, 2),
  parentSpanId: hexOf(span, 4),
  links: messagesOf(span, 13)
    .map(readFields)
    .map((link) => ({ traceId: hexOf(link, 1), spanId: hexOf(link, 2) })),
  attributes: attributesOf(span, 9),
  failed: messagesOf(span, 15).some((status) => numberOf(readFields(status), 3) === 2),
});

const attributesOf = (fields: Fields, field: number): Record<string, unknown> =>
  Object.fromEntries(
    messagesOf(fields, field).map((text) => {
      const pair = readFields(text);
      return [textOf(pair, 1), numberOrText(readFields(messagesOf(pair, 2)[0] ?? Buffer.alloc(0)))];
    }),
  );

/** A text or a number; Weir's spans have no other values. */
const numberOrText = (value: Fields): unknown => (value.has(1) ? textOf(value, 1) : numberOf(value, 3));
