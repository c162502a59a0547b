import {
  InMemorySpanExporter,
  NodeTracerProvider,
  type ReadableSpan,
  SimpleSpanProcessor,
} from "@opentelemetry/sdk-trace-node";

/** Registers an SDK for the test's file. @returns a function that returns the spans that have ended since the last call */
export function recordSpans(): () => ReadableSpan[] {
  const exporter = new InMemorySpanExporter();
  new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }).register();
  return () => {
    const spans = exporter.getFinishedSpans();
    exporter.reset();
    return spans;
  };
}
