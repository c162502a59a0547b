/** Who signs checkpoints. */
import type { KeyObject } from "node:crypto";

export interface Signer {
  /** The Ed25519 key that its signatures are checked with. */
  publicKey(): Promise<KeyObject>;
  /** Ed25519 (RFC 8032) over these bytes, which are not hashed before. @returns 64 bytes */
  sign(message: Buffer): Promise<Buffer>;
}
