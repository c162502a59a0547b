import { admissionLua } from "./admission.ts";
import { script } from "./script.ts";

/**
 * First of two steps of an ingest request whose events go to SQS: key, limit, duplicates, depth, and a note of the
 * receipt. Nothing is marked as seen or counted as accepted yet: that is `confirmScript`'s, when SQS has taken it.
 *
 * KEYS  see `admissionLua`
 * ARGV  see `admissionLua`; an item has two words. Output as there
 *
 * The note is "client events received_at s parts", where s says that it is being sent and parts, empty here, lists
 * those that the worker has settled before the confirmation.
 */
export const admitScript = script(
  "weirAdmit",
  admissionLua({
    first: 12,
    width: 2,
    record: "return false",
    keep: "redis.call('HSET', KEYS[6], ARGV[3], ARGV[1] .. ' ' .. events .. ' ' .. ARGV[4] .. ' s ')",
  }),
);
