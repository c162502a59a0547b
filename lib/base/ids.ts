/** Identifiers and secrets. */
import { hash, randomBytes, randomUUID } from "node:crypto";

/** Lower-case letters and digits without the ones that are easily mistaken for each other (Crockford's base 32). */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte % 32]).join("");
}

/** `c` and 10 random characters (50 bits). */
export const newClientId = (): string => `c${randomText(10)}`;
/** `k` and 12 random characters (60 bits). */
export const newKeyId = (): string => `k${randomText(12)}`;

/**
 * A UUID of version 7 (RFC 9562, section 5.7): its first 48 bits are the time, so rows come in order.
 * @param ms milliseconds since the Unix epoch
 */
export function uuidv7(ms: number): string {
  const time = ms.toString(16).padStart(12, "0");
  // Version 4 has its random bits in the same places, and Node keeps some in store: with `randomBytes` it took 1.7 µs and not 0.4.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** The time that a UUID of version 7 begins with, in milliseconds since the Unix epoch. */
export const timeOfId = (id: string): number => Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** The least UUID of version 7 of a time, in milliseconds since the Unix epoch; for comparisons, not to name anything. */
export const firstIdAt = (ms: number): string =>
  formatUuid(Math.max(0, ms).toString(16).padStart(12, "0").padEnd(32, "0"));

const formatUuid = (hex: string): string =>
  `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
export const isUuid = (text: string): boolean => UUID.test(text);

/**
 * The ledger's 16-byte key of an event id: a UUID (in its canonical lower-case form) as it is, so that time-ordered ones
 * stay in order, and any other id by the first half of its SHA-256.
 */
export const eventKey = (eventId: string): string =>
  isUuid(eventId) ? eventId : formatUuid(hash("sha256", eventId, "hex"));

/** Longest id that Redis remembers as it is. */
const LONGEST_SEEN = 40;
/** How an event id stands among the seen ones: as it is, or by its SHA-256 where that is shorter. */
export const seenId = (eventId: string): string =>
  eventId.length <= LONGEST_SEEN ? `=${eventId}` : `#${hash("sha256", eventId, "base64url")}`;

/** Places of seen ids: three digits of base 64. */
export const PLACES = 64 ** 3;

/**
 * Which hash of a window an event id belongs to, a whole number below `PLACES`: a hash over UTF-16 code units, in two lanes of
 * 32 bits with the finish of MurmurHash3. Not a cryptographic one, which took seven times as long; that nobody can
 * choose ids which meet in one place is up to the seed.
 * @param seed 64 bits that no client knows
 */
export function placeOf(eventId: string, [a, b]: Seed): number {
  let h = a;
  let k = b;
  for (let i = 0; i < eventId.length; i++) {
    const unit = eventId.charCodeAt(i);
    h = Math.imul(h ^ unit, 0x9e3779b1);
    k = Math.imul((k ^ unit) + (h >>> 15), 0x5f356495);
  }
  h = Math.imul(h ^ (h >>> 16) ^ k, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13) ^ (k >>> 7), 0xc2b2ae35);
  return ((h ^ (h >>> 16)) >>> 0) % PLACES;
}

/** 64 bits, as two integers. */
export type Seed = readonly [number, number];

/** The seed of the places, the same in all functions and known to no client. @param secret such as the database's URL */
export function placeSeed(secret: string): Seed {
  const bytes = hash("sha256", `places of seen ids ${secret}`, "buffer");
  return [bytes.readInt32LE(0), bytes.readInt32LE(4)];
}

/**
 * A new API key: `weir_<client id>_<256 random bits in base64url>`. The client's id says which shard of Redis knows
 * the key, before any look-up.
 */
export const newSecret = (clientId: string): string =>
  `weir_${clientId}_${randomBytes(32).toString("base64url")}`;

const SECRET = /^weir_([a-z0-9-]{1,32})_([\w-]{43})$/;

/** The client a key of our making names, or undefined for a key that was imported. */
export const clientOfSecret = (secret: string): string | undefined => SECRET.exec(secret)?.[1];

/**
 * What may be shown of a key: for ours, all but the secret bits and four characters of them; of others, four.
 * @param clientId the client that it names
 */
export const secretPrefix = (secret: string, clientId = clientOfSecret(secret)): string =>
  secret.slice(0, clientId === undefined ? 4 : `weir_${clientId}_`.length + 4);

/** SHA-256 of a key. No salt or stretching is needed: the keys we make have 256 random bits. */
export const hashSecret = (secret: string): Buffer => hash("sha256", secret, "buffer");
