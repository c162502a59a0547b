/** Decodes a request's body, decompresses it, and checks its type, size and encoding. */
import { gunzipSync } from "node:zlib";
import { parseExact } from "../base/json.ts";
import type { ApiRequest } from "./gateway.ts";
import { Problem } from "./problem.ts";

/** Largest body after decompression, in bytes. */
export const MAX_BODY_BYTES = 1_048_576;

export type MediaType = "application/json" | "application/x-ndjson" | "application/x-protobuf";

/**
 * @returns the media type without parameters
 * @throws {Problem} `unsupported-media-type`
 */
export function mediaType(request: ApiRequest, accepted: readonly MediaType[]): MediaType {
  const [type = "", ...parameters] = (request.headers["content-type"] ?? "")
    .split(";")
    .map((part) => part.trim());
  const found = accepted.find((candidate) => candidate === type.toLowerCase());
  if (!found) {
    const sent = type === "" ? "no Content-Type" : `Content-Type ${JSON.stringify(type.slice(0, 100))}`;
    throw new Problem("unsupported-media-type", `The request has ${sent}; send ${accepted.join(" or ")}.`);
  }
  const charset = parameters.find((parameter) => /^charset=/i.test(parameter));
  if (charset !== undefined && !/^charset="?utf-?8"?$/i.test(charset))
    throw new Problem("unsupported-media-type", "The only supported charset is utf-8.");
  return found;
}

/**
 * The body's text.
 * @throws {Problem} `unsupported-media-type` for an unknown Content-Encoding, `payload-too-large`, `invalid-encoding`
 */
export function bodyText(request: ApiRequest): string {
  const encoding = contentEncoding(request);
  // UTF-8 has at least one byte per character, and base64 four characters for three bytes.
  if (request.body.length > MAX_BODY_BYTES * (request.bodyIsBase64 ? 4 / 3 + 0.001 : 1)) throw tooLarge();
  if (encoding === "gzip") return decode(gunzip(request));
  if (request.bodyIsBase64) return decode(Buffer.from(request.body, "base64"));
  return checkText(request);
}

/**
 * The body's bytes, decompressed.
 * @throws {Problem} as `bodyText` does
 */
export function bodyBuffer(request: ApiRequest): Buffer {
  const encoding = contentEncoding(request);
  if (encoding === "gzip") return gunzip(request);
  const bytes = Buffer.from(request.body, request.bodyIsBase64 ? "base64" : "utf8");
  if (bytes.length > MAX_BODY_BYTES) throw tooLarge();
  return bytes;
}

/**
 * The body as a JSON value.
 * @param exact as for `parseJson`
 * @throws {Problem} as `bodyText` does, and `invalid-json`
 */
export function bodyJson(request: ApiRequest, exact = false): unknown {
  mediaType(request, ["application/json"]);
  return parseJson(bodyText(request), exact);
}

/**
 * @param exact true if numbers keep their digits, as in payloads: `1e3` is then a raw JSON object, and otherwise the
 *   number 1000
 * @throws {Problem} `invalid-json`, with the position
 */
export function parseJson(text: string, exact: boolean): unknown {
  if (text.trim() === "") throw new Problem("invalid-json", "The body is empty.");
  try {
    return exact ? parseExact(text) : JSON.parse(text);
  } catch (error) {
    // V8's message quotes only what the caller sent.
    throw new Problem(
      "invalid-json",
      `The body is not valid JSON: ${(error as Error).message.toWellFormed()}`,
    );
  }
}

function contentEncoding({ headers }: ApiRequest): "identity" | "gzip" {
  const encoding = (headers["content-encoding"] ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip")
    throw new Problem("unsupported-media-type", "The only supported Content-Encoding is gzip.");
  return encoding;
}

function gunzip(request: ApiRequest): Buffer {
  // A gateway that passes compressed bytes on as text destroys them.
  if (!request.bodyIsBase64)
    throw new Problem("invalid-encoding", "Content-Encoding is gzip, but the body is not.");
  try {
    return gunzipSync(Buffer.from(request.body, "base64"), { maxOutputLength: MAX_BODY_BYTES });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ERR_BUFFER_TOO_LARGE") throw tooLarge();
    throw new Problem(
      "invalid-encoding",
      "Content-Encoding is gzip, but the body is not valid gzip or is truncated.",
    );
  }
}

function decode(bytes: Buffer): string {
  if (bytes.length > MAX_BODY_BYTES) throw tooLarge();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new Problem("invalid-encoding", "The body is not valid UTF-8.");
  }
}

/** Checks a body that the gateway decoded. It replaces invalid UTF-8 with U+FFFD, which usually changes the length. */
function checkText({ body, headers }: ApiRequest): string {
  const bytes = Buffer.byteLength(body);
  if (bytes > MAX_BODY_BYTES) throw tooLarge();
  const declared = headers["content-length"];
  if (declared !== undefined && Number(declared) !== bytes && body.includes("\uFFFD"))
    throw new Problem("invalid-encoding", "The body is not valid UTF-8.");
  return body.startsWith("\uFEFF") ? body.slice(1) : body;
}

const tooLarge = (): Problem =>
  new Problem("payload-too-large", `The body is larger than ${MAX_BODY_BYTES} bytes after decompression.`);
