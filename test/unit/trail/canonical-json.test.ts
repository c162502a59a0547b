import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { canonicalJson } from "../../../lib/trail/entry.ts";
import rfc8785 from "../../fixtures/rfc8785.json" with { type: "json" };

test.each(rfc8785.documents)(
  "the document $name becomes the text that RFC 8785 requires",
  ({ input, output }) => {
    expect(canonicalJson(JSON.parse(input))).toBe(output);
    expect(canonicalJson(JSON.parse(output))).toBe(output);
  },
);

test.each(Object.entries(rfc8785.numbers))("the number %s becomes %s", (bits, text) => {
  expect(canonicalJson(Buffer.from(bits, "hex").readDoubleBE())).toBe(text);
});

describe("canonical JSON", () => {
  it("refuses values without one: the RFC's NaN and Infinity, a lone surrogate, undefined", () => {
    for (const bits of ["7fffffffffffffff", "7ff0000000000000"])
      expect(() => canonicalJson(Buffer.from(bits, "hex").readDoubleBE())).toThrow();
    for (const value of ["\ud83d", { "\udc00": 1 }, [["a\ud800b"]], undefined])
      expect(() => canonicalJson(value)).toThrow();
  });

  it("is JSON of the same value, independent of the order of members", () => {
    const reversed = (_: string, value: unknown): unknown =>
      value !== null && typeof value === "object" && !Array.isArray(value)
        ? Object.fromEntries(Object.entries(value).reverse())
        : value;
    const wellFormed = fc
      .jsonValue()
      .filter((value) => JSON.stringify(value).isWellFormed() && !/\\ud/.test(JSON.stringify(value)));
    fc.assert(
      fc.property(wellFormed, (value) => {
        const plain = JSON.parse(JSON.stringify(value));
        const text = canonicalJson(plain);
        expect(text).toBe(canonicalize(plain));
        expect(JSON.parse(text)).toEqual(plain);
        expect(canonicalJson(JSON.parse(JSON.stringify(plain), reversed))).toBe(text);
      }),
    );
  });

  it("of an entry equals the library's, for any texts and any order", () => {
    const scalar = fc.oneof(fc.string({ unit: "binary" }), fc.double(), fc.constant(null), fc.boolean());
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "binary" }), scalar), fc.boolean(), (members, sorted) => {
        const names = sorted ? Object.keys(members).sort() : Object.keys(members);
        const entry = Object.fromEntries(names.map((name) => [name, members[name]]));
        expect(outcome(() => canonicalJson(entry))).toEqual(outcome(() => canonicalize(entry)));
      }),
      { numRuns: 1_000 },
    );
  });
});

function outcome(make: () => string | undefined): string | undefined {
  try {
    return make();
  } catch {
    return "refused";
  }
}
