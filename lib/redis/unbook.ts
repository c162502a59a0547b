import { booksLua } from "./books.ts";
import { script } from "./script.ts";

/**
 * Takes messages out of the books.
 *
 * KEYS  see `booksLua`
 * ARGV  1 'ack' (their events were processed) or 'dead' (they were set aside), then the messages' ids
 * Output 1
 */
export const unbookScript = script(
  "weirUnbook",
  `${booksLua(1)}
for i = 2, #ARGV do unbook(ARGV[i], ARGV[1] == 'ack') end
prune()
return 1
`,
);
