/** A checkpoint: how far every lane has come, signed, so that even the newest entries can't go unseen. */
import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { canonicalJson } from "./entry.ts";
import { hashOf } from "./merkle.ts";

export interface LaneHead {
  lane: number;
  /** Seals, and so the number of the newest one; 0 where there is none yet. */
  seals: number;
  /** Entries in all of them. */
  entries: number;
  /** Hash of the newest one, in hexadecimal. */
  head: string;
}

/** What is hashed and signed, member for member. */
export interface CheckpointContent {
  v: 1;
  /** From 1 on. */
  checkpoint: number;
  /** RFC 3339 in UTC. */
  made_at: string;
  /** Hash of the checkpoint before it; of the first one, `NO_SEAL`. */
  previous: string;
  /** In order of their numbers. */
  lanes: LaneHead[];
  /** The first day (UTC) whose entries are kept; those of the days before may have expired. Null before any has. */
  expired_before: string | null;
  /** `keyId` of the public key that goes with the signature. */
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

/** Is the signature one of the key that the checkpoint names, and is that one of those? */
export function isSignedBy(checkpoint: Checkpoint, keys: readonly KeyObject[]): boolean {
  const key = keys.find((one) => keyId(one) === checkpoint.key_id);
  if (key === undefined) return false;
  const hash = Buffer.from(checkpointHash(checkpoint), "hex");
  return verify(null, hash, key, Buffer.from(checkpoint.signature, "hex"));
}
