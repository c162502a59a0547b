import { withoutSecrets } from "../../base/redact.ts";
import { type ApiRequest, shownPath } from "../../http/gateway.ts";
import type { AuditCall, AuditHeader } from "../../queue/message.ts";
import type { Change } from "../../trail/entry.ts";
import { recordable } from "./change.ts";

/** Longest path and user agent that an audit row keeps, in characters. */
export const LONGEST_TEXT = 1_000;

export const LONGEST_METHOD = 20;

/** How a call ended. */
export interface CallOutcome {
  caller: { clientId: string | null; keyPrefix: string | null };
  status: number;
  bytesOut: number | null;
  change?: Change | undefined;
}

/**
 * A message header with the audit row of a call that ends now. `enqueueScript` builds the same row in Redis for a request
 * whose events it queues.
 */
export const auditHeader = (
  { id, receivedAt }: Pick<ApiRequest, "id" | "receivedAt">,
  call: AuditCall,
  { caller, status, bytesOut, change }: CallOutcome,
): AuditHeader => ({
  v: 1,
  id,
  at: receivedAt,
  audit: {
    ...call,
    bytes_out: bytesOut,
    client_id: caller.clientId,
    key_prefix: caller.keyPrefix,
    status,
    duration_ms: Math.max(0, Date.now() - receivedAt),
    ...(change && { change: recordable(change) }),
  },
});

export function auditCall(request: ApiRequest): AuditCall {
  return {
    method: storableText(request.method).slice(0, LONGEST_METHOD),
    route: request.route,
    path: storableText(shownPath(request)),
    address: request.address,
    user_agent:
      request.headers["user-agent"] === undefined ? null : storableText(request.headers["user-agent"]),
    bytes_in: bodyBytes(request),
  };
}

/**
 * Makes text from a caller storable: removes keys, cuts it, and replaces characters that a text column can't hold. So no
 * text can keep a call out of the audit.
 */
export const storableText = (text: string): string =>
  withoutSecrets(text).slice(0, LONGEST_TEXT).toWellFormed().replaceAll("\0", "\uFFFD");

/** Size of the response body that the caller receives, in bytes: 0 for HEAD. */
export const answeredBytes = (
  { method }: Pick<ApiRequest, "method">,
  body: string | undefined,
  isBase64 = false,
): number => (method === "HEAD" ? 0 : Buffer.byteLength(body ?? "", isBase64 ? "base64" : "utf8"));

/** Size of the body as it was sent, in bytes. */
export function bodyBytes({ body, bodyIsBase64 }: ApiRequest): number {
  return Buffer.byteLength(body, bodyIsBase64 ? "base64" : "utf8");
}
