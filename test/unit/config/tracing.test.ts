import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../lib/config/config.ts";
import { loadServeConfig } from "../../../lib/config/serve.ts";

const ENDPOINT = "http://127.0.0.1:4318";
const isOn = (env: Record<string, string>): boolean => loadServeConfig(env).exportsTraces;

describe("traces are exported", () => {
  it.each([
    [false, {}],
    [true, { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT }],
    [true, { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${ENDPOINT}/v1/traces` }],
    [true, { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_SDK_DISABLED: "false" }],
    [true, { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_SDK_DISABLED: "1" }],
    [false, { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_SDK_DISABLED: "true" }],
    [false, { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_SDK_DISABLED: "True" }],
    [false, { OTEL_EXPORTER_OTLP_ENDPOINT: ENDPOINT, OTEL_TRACES_EXPORTER: "none" }],
    [false, { OTEL_EXPORTER_OTLP_ENDPOINT: "" }],
    [false, { OTEL_SERVICE_NAME: "weir" }],
  ])("%s with %j", (expected, env) => {
    expect(isOn(env)).toBe(expected);
  });

  it.each([
    { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4318" },
    { OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
    { OTEL_TRACES_EXPORTER: "console" },
    { OTEL_SPAN_LINK_COUNT_LIMIT: "many" },
  ])("not as %j asks, which is reported at the start", (env) => {
    expect(() => loadServeConfig(env)).toThrow(ConfigError);
  });
});
