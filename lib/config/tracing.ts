/** OpenTelemetry's standard variables, as far as `serve` reads or passes them on. */
import * as z from "zod";
import { url } from "./fields.ts";

/** Read by OpenTelemetry itself: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/ */
const passedOn = z.string().optional();

export const tracingVariables = {
  /** A collector's base URL, and the URL for traces only. Traces are exported if either is set. */
  OTEL_EXPORTER_OTLP_ENDPOINT: url("http:", "https:").optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url("http:", "https:").optional(),
  /** Only `true`, in any case, switches off: https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/#boolean */
  OTEL_SDK_DISABLED: z.string().default("false"),
  OTEL_TRACES_EXPORTER: z.enum(["otlp", "none"]).default("otlp"),
  OTEL_EXPORTER_OTLP_PROTOCOL: z.enum(["http/protobuf"]).optional(),
  OTEL_EXPORTER_OTLP_HEADERS: passedOn,
  OTEL_EXPORTER_OTLP_TIMEOUT: passedOn,
  OTEL_EXPORTER_OTLP_COMPRESSION: passedOn,
  OTEL_EXPORTER_OTLP_CERTIFICATE: passedOn,
  /** By default `weir-` and what the process runs. */
  OTEL_SERVICE_NAME: passedOn,
  OTEL_RESOURCE_ATTRIBUTES: passedOn,
  OTEL_TRACES_SAMPLER: passedOn,
  OTEL_TRACES_SAMPLER_ARG: passedOn,
  /** By default enough for a batch of a worker. */
  OTEL_SPAN_LINK_COUNT_LIMIT: z.coerce.number().int().min(0).optional(),
};

type Variables = z.output<z.ZodObject<typeof tracingVariables>>;

/** Whether to register an SDK that exports traces. */
export const exportsTraces = (env: Variables): boolean =>
  (env.OTEL_EXPORTER_OTLP_ENDPOINT ?? env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) !== undefined &&
  env.OTEL_SDK_DISABLED.toLowerCase() !== "true" &&
  env.OTEL_TRACES_EXPORTER === "otlp";
