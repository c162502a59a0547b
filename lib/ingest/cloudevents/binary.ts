/**
 * A CloudEvent in binary mode: attributes in headers, data in the body. Section 3.1 of
 * https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
 */
import { parseExact } from "../../base/json.ts";
import { bodyBuffer } from "../../http/body.ts";
import type { ApiRequest } from "../../http/gateway.ts";
import { Problem } from "../../http/problem.ts";

const PREFIX = "ce-";

/** True if the request has an attribute that every CloudEvent has, in a header. */
export const isBinaryMode = ({ headers }: Pick<ApiRequest, "headers">): boolean =>
  headers["ce-specversion"] !== undefined ||
  (headers["ce-id"] !== undefined && headers["ce-type"] !== undefined);

/**
 * The event in its JSON form.
 * @throws {Problem} `invalid-encoding` for a header that can't be decoded, `invalid-json` for JSON data that is not JSON, and
 *   those of `bodyBuffer`
 */
export function fromBinaryMode(request: ApiRequest): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(request.headers))
    if (name.startsWith(PREFIX) && value !== undefined)
      event[name.slice(PREFIX.length)] = headerValue(name, value);
  const contentType = request.headers["content-type"];
  if (contentType !== undefined) event.datacontenttype = contentType;
  const bytes = bodyBuffer(request);
  if (bytes.length > 0) Object.assign(event, dataOf(bytes, contentType));
  return event;
}

/** Undoes quotes, which older versions of the specification had, and then percent-encoding. */
function headerValue(name: string, value: string): string {
  const text = value.replaceAll(/"((?:[^"\\]|\\.)*)"/g, (_, quoted: string) =>
    quoted.replaceAll(/\\(.)/g, "$1"),
  );
  try {
    return decodeURIComponent(text.replaceAll(/%(?![0-9a-fA-F]{2})/g, "%25"));
  } catch {
    throw new Problem("invalid-encoding", `The header ${name.slice(0, 50)} is not percent-encoded UTF-8.`);
  }
}

const JSON_TYPE = /^[^;]*[/+]json *(?:;|$)/i;
const TEXT_TYPE = /^(?:text\/|[^;]*[/+]xml *(?:;|$)|[^;]*; *charset="?utf-?8)/i;

/** JSON as a value, text as a string, and anything else, or what is not UTF-8, in Base64. */
function dataOf(bytes: Buffer, contentType = ""): object {
  const text = utf8(bytes);
  if (JSON_TYPE.test(contentType)) {
    if (text === undefined) throw new Problem("invalid-encoding", "The body is not valid UTF-8.");
    try {
      return { data: parseExact(text) };
    } catch (error) {
      throw new Problem(
        "invalid-json",
        `The body is not valid JSON: ${(error as Error).message.toWellFormed()}`,
      );
    }
  }
  return TEXT_TYPE.test(contentType) && text !== undefined
    ? { data: text }
    : { data_base64: bytes.toString("base64") };
}

function utf8(bytes: Buffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
