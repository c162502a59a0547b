/** Ed25519 keys from text, as environment variables and secrets hold them: of any of the forms, one line is enough. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";

const PEM = /-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/**
 * @param text PEM (PKCS #8), its line breaks perhaps written as `\n`; or base64 of that, or of the key's DER
 * @returns undefined where it is no Ed25519 private key
 */
export function readSigningKey(text: string): KeyObject | undefined {
  const [part, ...others] = partsOf(text);
  if (part === undefined || others.length > 0) return undefined;
  return ed25519(() =>
    createPrivateKey(typeof part === "string" ? part : { key: part, format: "der", type: "pkcs8" }),
  );
}

/**
 * @param text PEM (SubjectPublicKeyInfo), several after each other where there are more; or base64 of that, or of each
 *   key's DER, with commas or spaces between them
 * @returns undefined where one of them is no Ed25519 public key
 */
export function readPublicKeys(text: string): KeyObject[] | undefined {
  const keys = partsOf(text).map((part) =>
    // Of a private key Node would make the public one: whoever put that here made a mistake that must not go unseen.
    typeof part === "string" && part.includes("PRIVATE")
      ? undefined
      : ed25519(() =>
          createPublicKey(typeof part === "string" ? part : { key: part, format: "der", type: "spki" }),
        ),
  );
  const good = keys.filter((key) => key !== undefined);
  return good.length > 0 && good.length === keys.length ? good : undefined;
}

/** PEM as text, DER as bytes; nothing where the text is neither. */
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

/** Each key once. */
export const distinctKeys = (keys: readonly KeyObject[]): KeyObject[] =>
  keys.filter((key, index) => keys.findIndex((other) => other.equals(key)) === index);
