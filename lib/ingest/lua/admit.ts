import { script } from "../../redis/script.ts";
import { admissionLua } from "./admission.ts";

/**
 * First of two steps of an ingest request whose events go to SQS: key, limit, duplicates, depth, and a note of the
 * receipt. Its events count as waiting from here on, since the second step, `confirmScript`, may fail after SQS has taken
 * them. That step marks the ids as seen.
 *
 * KEYS  see `admissionLua`
 * ARGV  see `admissionLua`; neither a request nor an item has values of its own
 * Output see `admissionLua`
 */
export const admitScript = script(
  "weirAdmit",
  admissionLua({
    keys: "",
    keyCount: 4,
    words: "",
    wordCount: 0,
    width: 2,
    record: "",
    keep: "",
    mark: "",
    // An apparent conflict may be queued after all: `SqsIntake` queries PostgreSQL. The confirmation corrects the count.
    waits: "new + conflicts",
    note: { state: "s", parts: "''", outcomes: "''" },
    settledBefore: "false",
    // Nothing has been sent yet, so this run's outcomes are right; the confirmation corrects the note.
    again: "audited = conflicts == 0",
  }),
);
