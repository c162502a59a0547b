/** The span of a worker's batch. */
import {
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  trace,
} from "@opentelemetry/api";
import { inSpan, surrounding } from "../base/tracing.ts";
import { messagingSpan } from "../queue/spans.ts";
import type { Parsed } from "./parse-batch.ts";
import type { Tally } from "./settlement.ts";

/**
 * Runs the processing of a batch in a span that links to the requests whose messages are in it. If all belong to one request,
 * the span is also its child, so that a trace is complete while there is little to do.
 * @param settled called at the end, for the span's counts of events
 */
export function batchSpan<T>(
  parsed: readonly Parsed[],
  settings: Parameters<typeof messagingSpan>[1],
  settled: () => Tally,
  run: () => Promise<T>,
): Promise<T> {
  const { name, attributes } = messagingSpan("process", settings);
  const origins = originsOf(parsed);
  const options = {
    kind: SpanKind.CONSUMER,
    attributes: { ...attributes, "messaging.batch.message_count": parsed.length },
    links: origins.map((context): Link => ({ context })),
  };
  return inSpan(name, options, parentOf(origins), async (span) => {
    try {
      return await run();
    } finally {
      addCounts(span, settled());
    }
  });
}

/** The distinct contexts of a batch's messages. */
function originsOf(parsed: readonly Parsed[]): SpanContext[] {
  const origins = new Map<string, SpanContext>();
  for (const { content } of parsed) {
    const origin = content?.origin;
    if (origin) origins.set(`${origin.traceId}${origin.spanId}`, origin);
  }
  return [...origins.values()];
}

function parentOf(origins: readonly SpanContext[]): Context {
  const around = surrounding();
  if (around) return around;
  const [origin, another] = origins;
  return origin && !another ? trace.setSpanContext(ROOT_CONTEXT, origin) : ROOT_CONTEXT;
}

function addCounts(span: Span, { stored, duplicates, quarantined }: Tally): void {
  if (!span.isRecording()) return;
  span.setAttribute("weir.events.stored", stored);
  span.setAttribute("weir.events.duplicates", duplicates);
  span.setAttribute("weir.events.quarantined", quarantined);
}
