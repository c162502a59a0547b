/**
 * Spans, through OpenTelemetry's API only. Whoever starts the process registers an SDK: `serve` by its settings, on Lambda a
 * layer. Without one, a span costs next to nothing, and its context is that of its parent.
 */
import {
  type Context,
  context,
  INVALID_SPANID,
  type Span,
  type SpanOptions,
  SpanStatusCode,
  trace,
} from "@opentelemetry/api";
import { type TraceFields, traceFields } from "./trace-context.ts";
import { version } from "./version.ts";

/** Finds the SDK at its first span, so it may be registered later than this module is loaded. */
const tracer = trace.getTracer("weir", version);

/**
 * Runs a function in a new span, which ends with it. An error marks the span, by its name only: messages of the servers may
 * quote data of callers.
 * @param parent context of the parent; the span is a root if it has none
 * @param run gets the span, and the context that it is in
 */
export async function inSpan<T>(
  name: string,
  options: SpanOptions,
  parent: Context,
  run: (span: Span, inside: Context) => Promise<T>,
): Promise<T> {
  const span = tracer.startSpan(name, options, parent);
  const inside = isOwn(span, parent) ? trace.setSpan(parent, span) : parent;
  try {
    return await context.with(inside, run, undefined, span, inside);
  } catch (error) {
    const { code, name: kind } = error as NodeJS.ErrnoException;
    failSpan(span, code ?? kind);
    throw error;
  } finally {
    span.end();
  }
}

/**
 * False if a span has the identity of its parent or, without a parent, none: that of every span without an SDK. Then it needs no
 * context of its own, which would stay in memory until V8 collects old objects (docs/decisions/0053).
 */
const isOwn = (span: Span, parent: Context): boolean =>
  span.isRecording() ||
  span.spanContext().spanId !== (trace.getSpanContext(parent)?.spanId ?? INVALID_SPANID);

/** Marks a span as failed. @param type the error's name or code, of which there are few */
export function failSpan(span: Span, type: string): void {
  span.setAttribute("error.type", type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}

/** The fields that pass on the context of a span; none if it belongs to no trace. */
export function fieldsOf(inside: Context | undefined): TraceFields {
  const spanContext = inside && trace.getSpanContext(inside);
  return spanContext && trace.isSpanContextValid(spanContext) ? traceFields(spanContext) : {};
}

/** The active context if an instrumentation, such as Lambda's layer, has set one; otherwise undefined. */
export const surrounding = (): Context | undefined =>
  trace.getActiveSpan() === undefined ? undefined : context.active();
