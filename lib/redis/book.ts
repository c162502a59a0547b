import { booksLua } from "./books.ts";
import { script } from "./script.ts";

/**
 * Books messages that SQS has taken.
 *
 * KEYS  see `booksLua`
 * ARGV  for each message: id, events
 * Output 1
 */
export const bookScript = script(
  "weirBook",
  `${booksLua(1)}
for i = 1, #ARGV, 2 do book(ARGV[i], ARGV[i + 1]) end
return 1
`,
);
