/** An entry of the audit trail: what of a call is hashed, and how what is personal of it is kept apart. */
import { createHash } from "node:crypto";
import canonicalize from "canonicalize";
import { hashOf } from "./merkle.ts";

/** What a call changed, as it was before and after; never a secret. */
export interface Change {
  before: unknown;
  after: unknown;
}

/** Who called, as far as that may have to be forgotten. */
export interface Personal {
  /** 16 random bytes, in hexadecimal: without them nobody can try out addresses until a hash fits. */
  salt: string;
  address: string | null;
  user_agent: string | null;
}

/** What is hashed, member for member. */
export interface Entry {
  v: 1;
  /** When the gateway received the call: RFC 3339 in UTC, with six fractional digits. */
  at: string;
  request_id: string;
  client_id: string | null;
  key_prefix: string | null;
  method: string;
  route: string;
  path: string;
  status: number;
  duration_ms: number;
  bytes_in: number;
  bytes_out: number | null;
  change: Change | null;
  /** `commitmentOf` the personal members. */
  personal: string;
}

/** RFC 8785. @throws for what JSON or Unicode can't say: no such value gets into an entry */
export function canonicalJson(value: unknown): string {
  // V8 writes strings and numbers as the RFC does (its sections 3.2.2.2 and 3.2.2.3), and members as they stand: an
  // entry takes it 1.3 µs, the library 6.
  if (isPlain(value)) return JSON.stringify(value);
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("There is no JSON of this value.");
  return text;
}

/** Is it an object whose members stand in order already, and hold nothing that must be looked into or refused? */
function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return false;
  let before = "";
  for (const [key, member] of Object.entries(value)) {
    if (key < before || !key.isWellFormed() || !isScalar(member)) return false;
    before = key;
  }
  return true;
}

const isScalar = (value: unknown): boolean =>
  typeof value === "string"
    ? value.isWellFormed()
    : value === null || typeof value === "boolean" || Number.isFinite(value);

/** SHA-256 of the salt's bytes and the canonical JSON of the personal members, in hexadecimal. */
export const commitmentOf = ({ salt, address, user_agent }: Personal): string =>
  createHash("sha256").update(salt, "hex").update(canonicalJson({ address, user_agent })).digest("hex");

/** The leaf of an entry in its seal's tree: SHA-256 of a 0 byte and the entry's canonical JSON, in hexadecimal. */
export const leafOf = (entry: Entry): string => hashOf("leaf", canonicalJson(entry));
