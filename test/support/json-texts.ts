/** Arbitrary JSON texts as senders may write them: escapes, whitespace, repeated members, any number. */
import fc from "fast-check";

/** Few names, so that members repeat and paths find them. */
const name = fc.constantFrom("a", "a", "a", "b", "b", "b", "0", "1", "-1", " 1", "ä", "😀", 'q"\\', "");

/** A step of a path: a name, or an index in any spelling. */
export const step = fc.oneof(
  { weight: 4, arbitrary: name },
  { weight: 2, arbitrary: fc.constantFrom("0", "1", "2", "-1", "-2", "-3") },
  fc.constantFrom("+1", "-0", "007", "\t1", "1 ", "0x1", "-", "2147483647", "-2147483648", "\u00a01"),
);

const space = fc.oneof({ weight: 6, arbitrary: fc.constant("") }, fc.constantFrom(" ", "\n", "\t\r ", "  "));

/** A character as itself, or as `\u` escapes. */
const escaped = (character: string): string =>
  character.replace(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);

/** A JSON string of this text, with some characters escaped that need not be. */
const stringOf = (text: string) =>
  fc.array(fc.boolean(), { minLength: text.length, maxLength: text.length }).map((choices) => {
    const parts = Array.from(text, (one, n) =>
      choices[n] ? escaped(one) : JSON.stringify(one).slice(1, -1),
    );
    return `"${parts.join("")}"`;
  });

const string = fc
  .oneof(
    fc.string({ unit: "grapheme", maxLength: 6 }).map((text) => text.replaceAll("\0", "0")),
    fc.constantFrom("\\", '"', '\\"', "{", "]", "😀", "\ue000", "x".repeat(90), "ä".repeat(100)),
  )
  .chain(stringOf);

/** Any number, short or with more digits than are measured. */
export const numberText = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: -1e6, max: 1e6 }).map((n) => String(n / 100)) },
  {
    weight: 2,
    arbitrary: fc.constantFrom("0", "-0", "-0.00", "1.50", "1.5", "0e-999", "1e5", "1e200000", "1e-999"),
  },
  fc
    .tuple(
      fc.constantFrom("", "-"),
      fc.oneof(
        fc.constant("0"),
        fc.stringMatching(/^[1-9][0-9]{0,17}$/),
        fc.stringMatching(/^[1-9][0-9]{95,104}$/),
      ),
      fc.oneof(fc.constant(""), fc.stringMatching(/^\.[0-9]{1,17}$/), fc.stringMatching(/^\.[0-9]{95,104}$/)),
      fc.oneof(fc.constant(""), fc.stringMatching(/^[eE][+-]?[0-9]{1,4}$/), fc.stringMatching(/^e-?9[0-9]$/)),
    )
    .map((parts) => parts.join("")),
);

const scalar = fc.oneof(string, numberText, fc.constantFrom("null", "true", "false"));

const within = (text: fc.Arbitrary<string>) => fc.tuple(space, text, space).map((parts) => parts.join(""));

/** JSON text with whitespace. */
const jsonText = fc.letrec<{ any: string; object: string; array: string }>((tie) => ({
  any: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    tie("object"),
    tie("object"),
    tie("array"),
    tie("array"),
  ),
  object: fc
    .array(fc.tuple(within(name.chain(stringOf)), within(tie("any"))), { maxLength: 6, size: "max" })
    .map((members) => `{${members.map(([key, value]) => `${key}:${value}`).join(",")}}`),
  array: fc
    .array(within(tie("any")), { maxLength: 4, size: "max" })
    .map((elements) => `[${elements.join(",")}]`),
}));

export const anyText = jsonText.any;

/** Mostly objects, as payloads are. */
export const payloadText = within(
  fc.oneof({ weight: 3, arbitrary: jsonText.object }, { weight: 1, arbitrary: jsonText.array }),
);
