/** Signs with a private key that this process holds. */
import { createPublicKey, type KeyObject, sign } from "node:crypto";
import type { Signer } from "./signer.ts";

/** @param key an Ed25519 private key */
export const keySigner = (key: KeyObject): Signer => ({
  publicKey: async () => createPublicKey(key),
  sign: async (message) => sign(null, message, key),
});
