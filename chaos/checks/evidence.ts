/** The input of the checks, and their results. */
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
    /** Before rows were recovered from logs, and after. */
    before: AuditRows;
    after: AuditRows;
    /** The API's `audit.missing` before the recovery. */
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

/** The result of a check. */
export interface Finding {
  name: string;
  /** Number of checked items. */
  checked: number;
  /** A sentence for each violation. */
  violations: string[];
  /** Additional information. */
  note?: string;
}

/** True if work at this time is covered by a declared loss. */
export const mayBeLost = (losses: readonly Loss[], startedAt: number): boolean =>
  losses.some(({ to }) => startedAt <= to);
