/** Signs checkpoints. */
import { createPublicKey, type KeyObject, sign } from "node:crypto";

export interface Signer {
  /** The Ed25519 key that verifies its signatures. */
  publicKey(): Promise<KeyObject>;
  /** Ed25519 (RFC 8032) over these bytes, without hashing them first. @returns 64 bytes */
  sign(message: Buffer): Promise<Buffer>;
}

/** Signs with a private key that this process holds. @param key an Ed25519 private key */
export const keySigner = (key: KeyObject): Signer => ({
  publicKey: async () => createPublicKey(key),
  sign: async (message) => sign(null, message, key),
});
