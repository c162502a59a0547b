/** Passwords of PostgreSQL's users, as the server stores them. */
import { createHash, createHmac, pbkdf2Sync, randomBytes } from "node:crypto";

/** PostgreSQL's own number: https://www.postgresql.org/docs/18/runtime-config-connection.html#GUC-SCRAM-ITERATIONS */
const ITERATIONS = 4_096;
const SALT_BYTES = 16;
const KEY_BYTES = 32;

/**
 * The verifier that a server keeps in place of a password for SCRAM-SHA-256 (RFC 5802, section 3, and RFC 7677). A
 * statement that sets a password then has no password in its text, and neither has the server's log.
 * https://www.postgresql.org/docs/18/catalog-pg-authid.html
 * @param salt random by default
 * @throws {RangeError} for an empty password, or one with other characters than printable ASCII, which SASLprep
 *   (RFC 4013) might change
 */
export function scramVerifier(password: string, salt: Buffer = randomBytes(SALT_BYTES)): string {
  if (!/^[\x20-\x7e]+$/.test(password))
    throw new RangeError("A database password must consist of printable ASCII characters.");
  const salted = pbkdf2Sync(password, salt, ITERATIONS, KEY_BYTES, "sha256");
  const keyOf = (name: string): Buffer => createHmac("sha256", salted).update(name).digest();
  const storedKey = createHash("sha256").update(keyOf("Client Key")).digest("base64");
  const serverKey = keyOf("Server Key").toString("base64");
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString("base64")}$${storedKey}:${serverKey}`;
}
