/** The body of a delivery: its bytes, which the signature covers, as text if they are text, and as JSON if it is JSON. */
import { findUnstorable, parseExact } from "../../base/json.ts";
import { MAX_BODY_BYTES } from "../../http/body.ts";
import type { ApiRequest } from "../../http/gateway.ts";
import { Problem } from "../../http/problem.ts";
import { digestValue } from "../digest.ts";

/**
 * The bytes as they were sent.
 * @throws {Problem} `payload-too-large`; `unsupported-media-type` for a compressed body, since no scheme says which of its two
 * forms is signed
 */
export function rawBody({ headers, body, bodyIsBase64 }: ApiRequest): Buffer {
  const encoding = headers["content-encoding"]?.trim().toLowerCase();
  if (encoding !== undefined && encoding !== "" && encoding !== "identity")
    throw new Problem("unsupported-media-type", "A webhook must be sent without Content-Encoding.");
  const bytes = Buffer.from(body, bodyIsBase64 ? "base64" : "utf8");
  if (bytes.length > MAX_BODY_BYTES)
    throw new Problem("payload-too-large", `The body is larger than ${MAX_BODY_BYTES} bytes.`);
  return bytes;
}

/** @returns undefined if the bytes are not UTF-8 */
export function textOf(bytes: Buffer): string | undefined {
  try {
    // A byte order mark is part of what is signed.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

const FORM = /^\s*application\/x-www-form-urlencoded\s*(?:;|$)/i;

/**
 * The body as JSON; of a form, its field `payload`, as GitHub sends it if a webhook is set up so.
 * @returns undefined if it is not JSON
 */
export function jsonOf(text: string, contentType = ""): unknown {
  const json = FORM.test(contentType) ? new URLSearchParams(text).get("payload") : text;
  try {
    return parseExact((json ?? "").replace(/^\uFEFF/, ""));
  } catch {
    // Not JSON, or nested beyond what V8 can parse.
    return undefined;
  }
}

/** True if an event can hold the value: not too deep, and without strings that PostgreSQL can't store. */
export function isStorable(data: unknown, maxDepth: number): boolean {
  try {
    digestValue(data, maxDepth);
  } catch {
    return false;
  }
  // After the depth check: this one recurses as deep as the value.
  return findUnstorable(data) === undefined;
}
