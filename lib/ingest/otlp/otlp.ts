/** OTLP/HTTP logs: docs/otlp.md. Loaded when first needed, so that functions that get no logs start no later. */
import type { Refuse } from "../../http/call.ts";
import type { ApiResponse } from "../../http/gateway.ts";
import { ingest } from "../ingest.ts";

/**
 * Accepts log records.
 * @throws {Problem} every error of the contract
 */
export async function receiveLogs(call: Parameters<typeof ingest>[0]): Promise<ApiResponse> {
  const { OTLP_LOGS } = await import("./protocol.ts");
  return ingest(call, OTLP_LOGS);
}

/** Renders an error in the encoding of the request. */
export const refuseLogs: Refuse = async (problem, request) => {
  const { refuseInKind } = await import("./answer.ts");
  return refuseInKind(problem, request);
};
