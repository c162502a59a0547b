import { withoutSecrets } from "../../base/redact.ts";
import type { ApiRequest } from "../../http/gateway.ts";
import type { AuditRow } from "../../queue/message.ts";

/** Longest path and user agent that an audit row keeps, in characters. */
export const LONGEST_TEXT = 1_000;

export const LONGEST_METHOD = 20;

/** The part of a request's audit row that is known before its outcome. */
export function auditOf(
  request: ApiRequest,
): Omit<AuditRow, "client_id" | "key_prefix" | "status" | "duration_ms" | "bytes_out" | "change"> {
  return {
    method: storableText(request.method).slice(0, LONGEST_METHOD),
    route: request.route,
    path: storableText(request.path),
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
export const answeredBytes = ({ method }: Pick<ApiRequest, "method">, body: string | undefined): number =>
  method === "HEAD" ? 0 : Buffer.byteLength(body ?? "");

/** Size of the body as it was sent, in bytes. */
export function bodyBytes({ body, bodyIsBase64 }: ApiRequest): number {
  return Buffer.byteLength(body, bodyIsBase64 ? "base64" : "utf8");
}
