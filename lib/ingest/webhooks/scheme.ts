/** What the kinds of senders have in common: HMAC-SHA256 over what was received, to the byte. */
import { createHmac, timingSafeEqual } from "node:crypto";

export type Headers = Readonly<Record<string, string | undefined>>;

/** A request as its signature covers it. */
export interface Signed {
  headers: Headers;
  /** The body to the byte. */
  body: Buffer;
  /** When it was received, in milliseconds since the Unix epoch. */
  receivedMs: number;
}

/** What a delivery says about itself. */
export interface Described {
  /** The same each time that it is sent. */
  id: string;
  /** Where the id comes from: a header, or a JSON Pointer into the body. */
  idFrom: string;
  type: string;
  /** When it happened: RFC 3339. Undefined if it does not say. */
  time?: string | undefined;
}

/** How senders of one kind sign, and how they describe a delivery. */
export interface Scheme {
  /** Names of the headers that prove a delivery, in lower case. */
  headers: readonly string[];
  /**
   * Checks the signature with each secret.
   * @returns undefined if it is valid, else what is wrong, as a sentence for the sender
   */
  check: (signed: Signed, secrets: readonly string[]) => string | undefined;
  /**
   * @param data the body as JSON, of `parseExact`; undefined if it is not JSON
   * @throws {Problem} `malformed-request` if it has no id
   */
  describe: (headers: Headers, data: unknown) => Described;
}

/** Age of a signature that is still accepted, in seconds, as the libraries of Stripe and Standard Webhooks have it. */
export const TOLERANCE_S = 300;

export const NO_MATCH = "No signature matches the body as it was received, with any of the source's secrets.";

export const isMissing = (header: string): string => `The header ${header} is missing.`;
export const isMalformed = (header: string): string => `The header ${header} is malformed.`;
export const isTooOld = (header: string): string =>
  `The time in ${header} is more than ${TOLERANCE_S} seconds ago.`;

/** Each part is hashed in order. */
export function hmac(key: string | Buffer, parts: readonly (string | Buffer)[]): Buffer {
  const hash = createHmac("sha256", key);
  for (const part of parts) hash.update(part);
  return hash.digest();
}

/** Compares in constant time. */
export const isEqual = (expected: Buffer, sent: Buffer): boolean =>
  expected.length === sent.length && timingSafeEqual(expected, sent);

/** True if some signature is that of some secret. Does not stop at the first match. */
export function matchesAny(expected: readonly Buffer[], sent: readonly Buffer[]): boolean {
  let matches = false;
  for (const one of expected) for (const other of sent) matches = isEqual(one, other) || matches;
  return matches;
}

/** Seconds since the Unix epoch as both schemes write them; undefined for anything else. */
export const secondsOf = (text: string): number | undefined =>
  /^\d{1,12}$/.test(text) ? Number(text) : undefined;
