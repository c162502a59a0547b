/** Reads Ed25519 keys from the text of environment variables and secrets. Each form also fits on one line. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

const PEM = /-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * @param text PEM (PKCS #8), whose line breaks may be written as `\n`; or base64 of that, or of the key's DER
 * @returns undefined if the text is not an Ed25519 private key
 */
export function readSigningKey(text: string): KeyObject | undefined {
  const [part, ...others] = partsOf(text);
  if (part === undefined || others.length > 0) return undefined;
  return ed25519(() =>
    createPrivateKey(typeof part === "string" ? part : { key: part, format: "der", type: "pkcs8" }),
  );
}

/**
 * @param text one or more keys in PEM (SubjectPublicKeyInfo); or base64 of that, or of each key's DER, separated by commas
 *   or spaces
 * @returns undefined if one of them is not an Ed25519 public key
 */
export function readPublicKeys(text: string): KeyObject[] | undefined {
  const keys = partsOf(text).map((part) =>
    // Node would derive the public key from a private one, which would hide that a private key was configured by mistake.
    typeof part === "string" && part.includes("PRIVATE")
      ? undefined
      : ed25519(() =>
          createPublicKey(typeof part === "string" ? part : { key: part, format: "der", type: "spki" }),
        ),
  );
  const good = keys.filter((key) => key !== undefined);
  return good.length > 0 && good.length === keys.length ? good : undefined;
}

/** PEM as text, DER as bytes; empty if the text is neither. */
function partsOf(text: string): (string | Buffer)[] {
  const plain = text.replaceAll("\\n", "\n").trim();
  const blocks = plain.match(PEM);
  if (blocks) return plain.replaceAll(PEM, "").trim() === "" ? blocks : [];
  const words = plain.split(/[\s,]+/);
  if (!words.every((word) => BASE64.test(word))) return [];
  return words.flatMap((word): (string | Buffer)[] => {
    const bytes = Buffer.from(word, "base64");
    return bytes.toString("latin1").match(PEM) ?? [bytes];
  });
}

function ed25519(read: () => KeyObject): KeyObject | undefined {
  try {
    const key = read();
    return key.asymmetricKeyType === "ed25519" ? key : undefined;
  } catch {
    return undefined;
  }
}

/** Removes duplicates. */
export const distinctKeys = (keys: readonly KeyObject[]): KeyObject[] =>
  keys.filter((key, index) => keys.findIndex((other) => other.equals(key)) === index);
