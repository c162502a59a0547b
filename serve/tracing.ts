/**
 * Registers an OpenTelemetry SDK that exports spans over OTLP (http/protobuf). It reads OpenTelemetry's standard variables by
 * itself: sampler, limits, headers, resource attributes.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { DiagLogLevel, diag } from "@opentelemetry/api";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import {
  defaultResource,
  detectResources,
  envDetector,
  type Resource,
  resourceFromAttributes,
} from "@opentelemetry/resources";
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import type { Log } from "../lib/base/log.ts";
import { version } from "../lib/base/version.ts";

/** Most messages of a worker's batch on either queue. The SDK's default would drop links beyond 128. */
const LINKS = 500;
/** Milliseconds for sending the last spans. A collector that does not answer must not delay a stop. */
const FLUSH_MS = 3_000;

/**
 * @param part what this process runs, for the name of the service
 * @param linkLimit a limit that the operator has set
 * @returns a function that sends what is left; it never rejects
 */
export function startTracing(part: string, linkLimit: number | undefined, log: Log): () => Promise<void> {
  const warn = (message: string): void => log.warn("tracing", { detail: message });
  // Otherwise nobody would learn why there are no traces.
  diag.setLogger({ error: warn, warn, info() {}, debug() {}, verbose() {} }, DiagLogLevel.WARN);
  const provider = new NodeTracerProvider({
    resource: resourceOf(part),
    spanLimits: { linkCountLimit: linkLimit ?? LINKS },
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
  });
  provider.register();
  return async () => {
    const flushed = new AbortController();
    const late = sleep(FLUSH_MS, undefined, { signal: flushed.signal }).then(
      () => warn("The collector did not take the last spans in time."),
      () => {},
    );
    await Promise.race([provider.shutdown().catch((error: Error) => warn(error.message)), late]);
    flushed.abort();
  };
}

/** The variables OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES take precedence. */
const resourceOf = (part: string): Resource =>
  defaultResource()
    .merge(resourceFromAttributes({ "service.name": `weir-${part}`, "service.version": version }))
    .merge(detectResources({ detectors: [envDetector] }));
