/** Results of a verification, and its intermediate state. */
import type { CheckpointContent } from "./checkpoint.ts";
import type { Fault } from "./trail.ts";

export interface Counts {
  /** Entries whose content was checked. */
  entries: number;
  seals: number;
  checkpoints: number;
  /** Entries that the filter excluded. */
  withheld: number;
  /** Entries that are missing because they have expired. */
  expired: number;
  /** Those of `entries` whose personal members were erased. */
  erased: number;
}

/** How far a lane's chain has been verified. */
export interface Reached {
  seals: number;
  entries: number;
  head: string;
}

export interface Verification extends Counts {
  /** True if no fault was found. */
  valid: boolean;
  /** Whether the signatures of checkpoints were checked. */
  signatures: "checked" | "unchecked";
  /** Where the trail ends. */
  head: {
    lanes: ({ lane: number } & Reached)[];
    checkpoint: { checkpoint: number; made_at: string; hash: string } | null;
  };
  first_invalid?: Fault;
}

/** A verifier's state between two seals or checkpoints. */
export interface Progress {
  counts: Counts;
  lanes: ReadonlyMap<number, Reached>;
  checkpoint: CheckpointContent | null;
}
