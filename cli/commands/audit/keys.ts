import { readFile } from "node:fs/promises";
import { readPublicKey } from "../../../lib/trail/checkpoint.ts";
import type { Fault } from "../../../lib/trail/trail.ts";
import { usageError } from "../../errors.ts";

/** Reads the keys in PEM files, of which one may have several. @throws {CliError} if a file has none */
export async function readKeys({ publicKey = [] }: { publicKey?: string[] }) {
  const texts = await Promise.all(publicKey.map((file) => readFile(file, "utf8")));
  return texts.flatMap((pem, index) => {
    try {
      return (pem.match(/-----BEGIN [^-]+-----[^-]+-----END [^-]+-----/g) ?? [pem]).map(readPublicKey);
    } catch (error) {
      throw usageError(`${publicKey[index]} is not an Ed25519 key in PEM: ${(error as Error).message}`);
    }
  });
}

/** Describes a fault and its place. */
export function explainFault({ kind, reason, ...place }: Fault): string {
  const names = Object.entries(place).filter(([, value]) => value !== undefined);
  const where = names.map(([name, value]) => `${name.replace("_", " ")} ${value}`).join(", ");
  return `${kind}${where === "" ? "" : ` (${where})`}: ${reason}`;
}
