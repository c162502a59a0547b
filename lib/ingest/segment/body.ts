/** The body of a Segment request, and the key that it is sent with. */
import { type KeyReference, presentedKey } from "../../auth/authenticate.ts";
import { mayHoldUnstorable, numberSource } from "../../base/json.ts";
import { bodyText, parseJson } from "../../http/body.ts";
import type { ApiRequest } from "../../http/gateway.ts";
import { Problem } from "../../http/problem.ts";

export interface Body {
  members: Readonly<Record<string, unknown>>;
  /** True if it may contain strings that PostgreSQL can't store. */
  unsure: boolean;
}

/** Parsed bodies: without a key in a header, the body is needed for the key before it is read for its calls. */
const parsed = new WeakMap<ApiRequest, Body>();

/**
 * Parses a body, whatever media type it has: in pages, the SDK sends JSON as text/plain, and others name none for a compressed body.
 * @throws {Problem} those of `bodyText` and `parseJson`, and `malformed-request` if it is no object
 */
export function readBody(request: ApiRequest): Body {
  const known = parsed.get(request);
  if (known) return known;
  const text = bodyText(request);
  const members = parseJson(text, true);
  if (!isObject(members)) throw new Problem("malformed-request", "The body must be a JSON object.");
  const body = { members, unsure: mayHoldUnstorable(text) };
  parsed.set(request, body);
  return body;
}

/** True for a JSON object, of values that `parseExact` returns. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value) && numberSource(value) === undefined;

const WHERE =
  "Send the API key as the user name of HTTP Basic, in the header X-API-Key, or as writeKey in the body.";

/** @throws {Problem} `missing-api-key`, or `invalid-api-key` for text that is too long for a key */
export const segmentKey = (request: ApiRequest): KeyReference =>
  presentedKey(
    request.headers["x-api-key"] ?? basicUser(request.headers.authorization) ?? writeKey(request),
    WHERE,
  );

/** The user name of HTTP Basic (RFC 7617); undefined if it is empty. */
function basicUser(authorization = ""): string | undefined {
  const [, encoded] = /^basic +([\w+/=-]+) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return undefined;
  return Buffer.from(encoded, "base64").toString().split(":", 1)[0] || undefined;
}

function writeKey(request: ApiRequest): string | undefined {
  try {
    const key = readBody(request).members.writeKey;
    return typeof key === "string" ? key : undefined;
  } catch (error) {
    // What is wrong with a body is reported to callers with a key only.
    if (error instanceof Problem) return undefined;
    throw error;
  }
}
