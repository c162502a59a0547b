/** The key pair that signs checkpoints on this machine, generated once and kept across restarts. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface LocalAuditKey {
  /** In PEM. */
  signingKey: string;
  /** File with the public key in PEM, for verification. */
  publicKeyFile: string;
}

/** @returns the key in `<dataDir>/audit-key.pem`, generated if missing and readable only by its owner */
export async function ensureAuditKey(dataDir: string): Promise<LocalAuditKey> {
  const file = join(dataDir, "audit-key.pem");
  const signingKey = (await read(file)) ?? (await make(file));
  const publicKeyFile = join(dataDir, "audit-public-key.pem");
  const publicKey = createPublicKey(createPrivateKey(signingKey));
  await writeFile(publicKeyFile, publicKey.export({ type: "spki", format: "pem" }));
  return { signingKey, publicKeyFile };
}

async function make(file: string): Promise<string> {
  const { privateKey } = generateKeyPairSync("ed25519");
  const text = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  await writeFile(file, text, { mode: 0o600, flag: "wx" });
  return text;
}

/** @returns undefined if there is no such file */
async function read(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
