import { numberSource } from "../base/json.ts";

/** FNV-1a, 32 bits (http://www.isthe.com/chongo/tech/comp/fnv/), over UTF-16 code units. */
function fnv(text: string, seed: number): number {
  let hash = seed;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}

const SEED = 0x811c9dc5;
/** Mixes the bits, so that differences do not cancel out when members are added up (the finalizer of MurmurHash3). */
function mix(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/**
 * A digest of a JSON value that does not depend on the order of members, in which equal JSON objects may differ.
 * Numbers count by their digits.
 * @returns a 32-bit integer
 * @throws {RangeError} if objects and arrays are nested more than `maxDepth` levels deep
 */
export function digestValue(value: unknown, maxDepth: number): number {
  if (typeof value === "string") return fnv(value, SEED);
  if (typeof value !== "object" || value === null) return fnv(String(value), SEED ^ 1);
  const source = numberSource(value);
  if (source !== undefined) return fnv(source, SEED ^ 1);
  if (maxDepth === 0) throw new RangeError("The value is nested too deeply.");
  if (Array.isArray(value)) {
    let hash = SEED ^ 2;
    for (const item of value) hash = mix(hash + digestValue(item, maxDepth - 1));
    return hash;
  }
  let sum = SEED ^ 3;
  for (const key of Object.keys(value))
    sum = (sum + mix(fnv(key, digestValue((value as Record<string, unknown>)[key], maxDepth - 1)))) | 0;
  return mix(sum);
}

/** Digest of an event's content, all but its id, in up to 7 characters. */
export function digestEvent(eventType: string, timestamp: string, payload: number): string {
  return (fnv(eventType, fnv(timestamp, payload)) >>> 0).toString(36);
}
