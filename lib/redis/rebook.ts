import { booksLua } from "./books.ts";
import { script } from "./script.ts";

/**
 * Books messages that have been sent again under new ids, in the place of those they were. An old one is in the books
 * still if SQS set it aside by itself, since its worker died.
 *
 * KEYS  see `booksLua`
 * ARGV  for each message: old id, new id, events
 * Output 1
 */
export const rebookScript = script(
  "weirRebook",
  `${booksLua(1)}
for i = 1, #ARGV, 3 do
  unbook(ARGV[i], false)
  book(ARGV[i + 1], ARGV[i + 2])
end
prune()
return 1
`,
);
