/** A program that sends events in spans of its own, exported by its own SDK. */
import { context, propagation, SpanKind, trace } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { NodeTracerProvider, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-node";
import { atEnd } from "../cleanup.ts";

export interface Sender {
  /** Sends a body to a URL. @returns the response, and the ids of the span */
  send(
    url: string,
    key: string,
    body: unknown,
  ): Promise<{ response: Response; traceId: string; spanId: string }>;
}

/** Registers the SDK in this process. @param collector URL of an OTLP receiver */
export function tracedSender(collector: string): Sender {
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ "service.name": "sender" }),
    spanProcessors: [new SimpleSpanProcessor(new OTLPTraceExporter({ url: `${collector}/v1/traces` }))],
  });
  provider.register();
  atEnd(() => provider.shutdown());
  const tracer = trace.getTracer("sender");
  return {
    send: (url, key, body) =>
      tracer.startActiveSpan("place order", { kind: SpanKind.CLIENT }, async (span) => {
        const headers = { "x-api-key": key, "content-type": "application/json" };
        propagation.inject(context.active(), headers);
        try {
          const response = await fetch(url, { method: "POST", headers, body: JSON.stringify(body) });
          const { traceId, spanId } = span.spanContext();
          return { response, traceId, spanId };
        } finally {
          span.end();
        }
      }),
  };
}
