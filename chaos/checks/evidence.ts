/** All that the checks look at, and what they find. */
import type { Loss } from "../faults/fault.ts";
import type { Ledger } from "../ledger.ts";
import type { Made } from "../nemesis.ts";
import type { Told } from "../told.ts";
import type { AuditRows, Truth } from "../truth.ts";
import type { Seen } from "../watch.ts";

export interface Evidence {
  ledger: Ledger;
  truth: Truth;
  told: Told;
  audit: {
    /** Before rows were read back in from logs, and after. */
    before: AuditRows;
    after: AuditRows;
    /** What the API said before, under `audit.missing`. */
    toldBefore: number;
    /** Request ids in the functions' logs. */
    logged: ReadonlySet<string>;
  };
  seen: Seen;
  made: readonly Made[];
  losses: readonly Loss[];
  queue: "redis" | "sqs";
  quiet: { reached: boolean; ms: number; waiting: number };
  deadLetters: number;
}

/** A check's outcome. */
export interface Finding {
  name: string;
  /** How many things were looked at. */
  checked: number;
  /** What is wrong, a sentence each. */
  violations: string[];
  /** What is no fault but worth knowing. */
  note?: string;
}

/** Whether what was done at this time may have been lost, as declared. */
export const mayBeLost = (losses: readonly Loss[], startedAt: number): boolean =>
  losses.some(({ to }) => startedAt <= to);
