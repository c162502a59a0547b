/** A seal: the Merkle root over some entries, chained to the previous seal in its lane. */
import { canonicalJson } from "./entry.ts";
import { hashOf } from "./merkle.ts";

/** The members that are hashed. */
export interface SealContent {
  v: 1;
  /** Lanes are parallel chains, so that workers do not wait for each other. */
  lane: number;
  /** Its number in the lane, from 1. */
  seal: number;
  /** The day (UTC) on which all of its calls were received; they expire together. */
  day: string;
  entries: number;
  /** Entries in the lane up to and including this seal. */
  total: number;
  /** RFC 3339 in UTC, with six fractional digits. */
  sealed_at: string;
  /** Root of the tree over its entries' leaves, in hexadecimal. */
  root: string;
  /** Hash of the lane's previous seal; `NO_SEAL` for the first one. */
  previous: string;
}

export interface Seal extends SealContent {
  /** `sealHash` of the other members. */
  hash: string;
}

/** `previous` of the first seal of a lane, and of the first checkpoint. */
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
