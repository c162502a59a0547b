import { generateKeyPairSync } from "node:crypto";
import { Command } from "commander";
import { keyId } from "../../../lib/trail/checkpoint.ts";
import { Output } from "../../output/output.ts";

/** `weir audit keygen`: generates a key pair to sign checkpoints with, without storing it. */
export function keygenCommand(): Command {
  return new Command("keygen")
    .description("generate a key pair that signs checkpoints; the private key is shown only once")
    .action(generate);
}

async function generate(_: unknown, command: Command): Promise<void> {
  const output = new Output(command);
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const pair = {
    key_id: keyId(publicKey),
    // Base64 of the key's DER: one line, suitable for a secret or an environment variable.
    signing_key: privateKey.export({ type: "pkcs8", format: "der" }).toString("base64"),
    public_key: publicKey.export({ type: "spki", format: "der" }).toString("base64"),
    public_key_pem: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
  await output.print(pair, () => [
    `Key ${pair.key_id}`,
    "",
    "AUDIT_SIGNING_KEY, a secret, shown only once:",
    pair.signing_key,
    "",
    "AUDIT_PUBLIC_KEYS; after a rotation, append the previous keys, separated by commas:",
    pair.public_key,
    "",
    "The same public key in PEM, for verifiers:",
    pair.public_key_pem.trimEnd(),
  ]);
}
