/**
 * W3C Trace Context (https://www.w3.org/TR/trace-context/): which call of a sender something belongs to. Parsed here and not
 * by OpenTelemetry's propagator, since a sender's context must reach the stored event even if no SDK is registered.
 */
import { createTraceState, type SpanContext, TraceFlags } from "@opentelemetry/api";

/** The two headers of a request, and the members of a message's header. */
export interface TraceFields {
  traceparent?: string | undefined;
  tracestate?: string | undefined;
}

/** The version is neither `ff` nor, in version 00, followed by anything; no id consists of zeros. */
const TRACEPARENT =
  /^(?!ff)(?<version>[0-9a-f]{2})-(?<traceId>(?!0{32})[0-9a-f]{32})-(?<spanId>(?!0{16})[0-9a-f]{16})-(?<flags>[0-9a-f]{2})(?<rest>$|-)/;
/** Characters of a `traceparent` of version 00. */
const LENGTH = 55;
/** A longer `tracestate` is dropped: this is the length that the specification requires to be passed on. */
const LONGEST_STATE = 512;

/** @returns undefined if there is no valid `traceparent`; `tracestate` then means nothing */
export function readTrace({ traceparent, tracestate }: TraceFields): SpanContext | undefined {
  // A message's header is JSON and may hold anything.
  if (typeof traceparent !== "string") return undefined;
  const { version, traceId, spanId, flags } = TRACEPARENT.exec(traceparent)?.groups ?? {};
  if (traceId === undefined || spanId === undefined || flags === undefined) return undefined;
  if (version === "00" && traceparent.length !== LENGTH) return undefined;
  const bits = Number.parseInt(flags, 16);
  return {
    traceId,
    spanId,
    // In a version that is not known here, only this bit has a known meaning.
    traceFlags: version === "00" ? bits : bits & TraceFlags.SAMPLED,
    isRemote: true,
    ...(typeof tracestate === "string" &&
      tracestate !== "" &&
      tracestate.length <= LONGEST_STATE && { traceState: createTraceState(tracestate) }),
  };
}

/** The fields that pass a context on. */
export function traceFields({ traceId, spanId, traceFlags, traceState }: SpanContext): TraceFields {
  const flags = traceFlags.toString(16).padStart(2, "0");
  const tracestate = traceState?.serialize() ?? "";
  return {
    traceparent: `00-${traceId}-${spanId}-${flags}`,
    ...(tracestate !== "" && tracestate.length <= LONGEST_STATE && { tracestate }),
  };
}

/** A context as it is stored: 25 bytes as hexadecimal digits, those of `traceparent` without its version. */
export const toStoredTrace = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `${traceId}${spanId}${traceFlags.toString(16).padStart(2, "0")}`;

/** The `traceparent` of a stored context. @param hex as `toStoredTrace` returns it */
export const fromStoredTrace = (hex: string): string =>
  `00-${hex.slice(0, 32)}-${hex.slice(32, 48)}-${hex.slice(48)}`;
