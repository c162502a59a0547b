/** A seal: the root over some entries, chained to the seal before it in its lane. */
import { canonicalJson } from "./entry.ts";
import { hashOf } from "./merkle.ts";

/** What is hashed, member for member. */
export interface SealContent {
  v: 1;
  /** Chains that grow side by side, so that workers don't wait for each other. */
  lane: number;
  /** Its number in the lane, from 1 on. */
  seal: number;
  /** The day (UTC) on which all of its calls were received: they expire together. */
  day: string;
  entries: number;
  /** Entries in the lane up to and with this seal. */
  total: number;
  /** RFC 3339 in UTC, with six fractional digits. */
  sealed_at: string;
  /** Root of the tree over its entries' leaves, in hexadecimal. */
  root: string;
  /** Hash of the lane's seal before it; of the first one, `NO_SEAL`. */
  previous: string;
}

export interface Seal extends SealContent {
  /** `sealHash` of all the rest. */
  hash: string;
}

/** Stands for the seal, or the checkpoint, before the first. */
export const NO_SEAL = "0".repeat(64);

/** SHA-256 of a byte 2 and the seal's canonical JSON, in hexadecimal. */
export const sealHash = ({
  v,
  lane,
  seal,
  day,
  entries,
  total,
  sealed_at,
  root,
  previous,
}: SealContent): string =>
  hashOf(
    "seal",
    canonicalJson({ v, lane, seal, day, entries, total, sealed_at, root, previous } satisfies SealContent),
  );

export const sealed = (content: SealContent): Seal => ({ ...content, hash: sealHash(content) });
