/** A checkpoint: the signed heads of all lanes, so that even a removal of the newest entries is detected. */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { canonicalJson } from "./entry.ts";
import { hashOf } from "./merkle.ts";

export interface LaneHead {
  lane: number;
  /** Number of seals, which is also the number of the newest one; 0 before the first. */
  seals: number;
  /** Entries in all seals. */
  entries: number;
  /** Hash of the newest seal, in hexadecimal. */
  head: string;
}

/** The members that are hashed and signed. */
export interface CheckpointContent {
  v: 1;
  /** From 1. */
  checkpoint: number;
  /** RFC 3339 in UTC. */
  made_at: string;
  /** Hash of the previous checkpoint; `NO_SEAL` for the first one. */
  previous: string;
  /** Ordered by number. */
  lanes: LaneHead[];
  /** The first day (UTC) whose entries are kept; earlier entries may have expired. Null before any has. */
  expired_before: string | null;
  /** `keyId` of the public key that verifies the signature. */
  key_id: string;
}

export interface Checkpoint extends CheckpointContent {
  /** Ed25519 (RFC 8032) over the 32 bytes of `checkpointHash`, in hexadecimal. */
  signature: string;
}

/** SHA-256 of a byte 3 and the checkpoint's canonical JSON without its signature, in hexadecimal. */
export function checkpointHash({
  v,
  checkpoint,
  made_at,
  previous,
  lanes,
  expired_before,
  key_id,
}: CheckpointContent): string {
  const content = { v, checkpoint, made_at, previous, lanes, expired_before, key_id };
  return hashOf("checkpoint", canonicalJson(content satisfies CheckpointContent));
}

/** The first 16 hexadecimal digits of the SHA-256 of the public key's DER (SubjectPublicKeyInfo). */
export const keyId = (publicKey: KeyObject): string =>
  createHash("sha256")
    .update(publicKey.export({ type: "spki", format: "der" }))
    .digest("hex")
    .slice(0, 16);

/** @param text an Ed25519 public key in PEM. @throws {TypeError} for anything else */
export function readPublicKey(text: string): KeyObject {
  const key = createPublicKey(text);
  if (key.asymmetricKeyType !== "ed25519") throw new TypeError("The public key is not an Ed25519 key.");
  return key;
}

/** True if the checkpoint names one of these keys and its signature verifies with that key. */
export function isSignedBy(checkpoint: Checkpoint, keys: readonly KeyObject[]): boolean {
  const key = keys.find((one) => keyId(one) === checkpoint.key_id);
  if (key === undefined) return false;
  const hash = Buffer.from(checkpointHash(checkpoint), "hex");
  return verify(null, hash, key, Buffer.from(checkpoint.signature, "hex"));
}
