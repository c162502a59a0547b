import { script } from "../../redis/script.ts";
import { admissionLua } from "./admission.ts";

/**
 * First of two steps of an ingest request whose events go to SQS: key, limit, duplicates, depth, and a note of the
 * receipt. Its events count as waiting from here on, since the second step, `confirmScript`, may fail where SQS has taken
 * them. No id is marked as seen before that.
 *
 * KEYS  see `admissionLua`
 * ARGV  see `admissionLua`; an item has two words. Output as there
 */
export const admitScript = script(
  "weirAdmit",
  admissionLua({
    locals: "",
    first: 12,
    width: 2,
    record: "return false",
    keep: "",
    // An item that looks like a conflict may be queued after all: `SqsIntake` asks PostgreSQL. The confirmation corrects it.
    waits: "new + conflicts",
    note: "'s '",
    settledBefore: "false",
    // Nothing has been sent yet, so what this run found is right; the confirmation corrects the note.
    again: `audited = conflicts == 0
  return finish('ok', nil, table.concat(outcomes))`,
  }),
);
