/**
 * The hashes of the audit trail, computed in the browser; docs/audit.md defines them. WebCrypto would be smaller, but
 * browsers offer it only over HTTPS and on localhost, and many installations are inside a private network.
 */
import { hashes, verify } from "@noble/ed25519";
import { sha256, sha512 } from "@noble/hashes/sha2.js";
import { bytesToHex, concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";
import canonicalize from "canonicalize";

hashes.sha512 = sha512;

const HEX = /^(?:[0-9a-f]{2})*$/;

/** First byte of what is hashed, by its kind: nothing can be taken for something of another kind. */
const PREFIXES = { leaf: 0, node: 1, seal: 2, checkpoint: 3 } as const;

/** @throws {SyntaxError} if the text is not lower-case hexadecimal */
export function fromHex(text: string): Uint8Array {
  if (typeof text !== "string" || !HEX.test(text)) throw new SyntaxError("not hexadecimal");
  return Uint8Array.from({ length: text.length / 2 }, (_, at) =>
    Number.parseInt(text.slice(2 * at, 2 * at + 2), 16),
  );
}

/** SHA-256 of some bytes, one after another, in hexadecimal. */
export const digest = (...parts: Uint8Array[]): string => bytesToHex(sha256(concatBytes(...parts)));

/** The bytes of a value's canonical JSON (RFC 8785). @throws if it has no such form */
export function canonicalBytes(value: unknown): Uint8Array {
  const text = canonicalize(value);
  if (text === undefined) throw new TypeError("The value has no JSON representation.");
  return utf8ToBytes(text);
}

/** Hash of a leaf, a seal or a checkpoint. @throws if it has no canonical JSON */
export const hashOf = (kind: "leaf" | "seal" | "checkpoint", value: unknown): string =>
  digest(Uint8Array.of(PREFIXES[kind]), canonicalBytes(value));

/** Hash of an inner node of a Merkle tree. */
export const nodeOf = (left: string, right: string): string =>
  digest(Uint8Array.of(PREFIXES.node), fromHex(left), fromHex(right));

/** Everything that a public key of Ed25519 has in DER before its 32 bytes (RFC 8410). */
const DER_PREFIX = "302a300506032b6570032100";
const PEM = /-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----/g;

export interface PublicKey {
  /** What a checkpoint calls it: the first 16 digits of the SHA-256 of its DER. */
  id: string;
  bytes: Uint8Array;
}

/**
 * Reads one or more Ed25519 public keys in PEM.
 * @throws {SyntaxError} that says what is wrong with the text
 */
export function readPublicKeys(text: string): PublicKey[] {
  const keys = [...text.matchAll(PEM)].map(([, base64 = ""]) => readDer(base64.replace(/\s/g, "")));
  if (keys.length === 0)
    throw new SyntaxError("The text has no public key: it must begin with -----BEGIN PUBLIC KEY-----.");
  return keys;
}

function readDer(base64: string): PublicKey {
  const der = decodeBase64(base64);
  if (bytesToHex(der.slice(0, 12)) !== DER_PREFIX || der.length !== 44)
    throw new SyntaxError("The public key is not an Ed25519 key.");
  return { id: digest(der).slice(0, 16), bytes: der.slice(12) };
}

function decodeBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    throw new SyntaxError("The public key is damaged: it is not base64.");
  }
}

/** True if the key signed the hash (Ed25519, RFC 8032). */
export function isSigned(hash: string, signature: string, key: PublicKey): boolean {
  try {
    return verify(fromHex(signature), fromHex(hash), key.bytes, { zip215: false });
  } catch {
    return false;
  }
}
