/** What verification finds, and what it knows on the way. */
import type { CheckpointContent } from "./checkpoint.ts";
import type { Fault } from "./trail.ts";

export interface Counts {
  /** Entries whose content was checked. */
  entries: number;
  seals: number;
  checkpoints: number;
  /** Entries that the filter left out. */
  withheld: number;
  /** Entries that are missing because they have expired. */
  expired: number;
  /** Of the entries, those whose personal members were erased. */
  erased: number;
}

/** How far a lane's chain has been followed. */
export interface Reached {
  seals: number;
  entries: number;
  head: string;
}

export interface Verification extends Counts {
  /** Nothing wrong was found. */
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

/** What a verifier knows between two items outside of a seal. */
export interface Progress {
  counts: Counts;
  lanes: ReadonlyMap<number, Reached>;
  checkpoint: CheckpointContent | null;
}
