import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findUnstorable, mayHoldUnstorable, parseExact } from "../../../lib/base/json.ts";

const again = (text: string): string => JSON.stringify(parseExact(text));

/** Any JSON number, most of which JavaScript can't represent. */
const numberText = fc
  .tuple(
    fc.constantFrom("", "-"),
    fc.oneof(fc.constant("0"), fc.stringMatching(/^[1-9][0-9]{0,30}$/)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^\.[0-9]{1,30}$/)),
    fc.oneof(fc.constant(""), fc.stringMatching(/^[eE][+-]?[0-9]{1,4}$/)),
  )
  .map((parts) => parts.join(""));

describe("parseExact", () => {
  it("keeps every digit of any number, wherever it is", () => {
    fc.assert(
      fc.property(numberText, numberText, (a, b) => {
        for (const text of [a, `[${a},${b}]`, `{"a":${a},"b":{"c":[${b}]}}`]) expect(again(text)).toBe(text);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    "12345678901234567890",
    "0.1000000000000000055",
    "1.50",
    "-0",
    "-0.0",
    "1e400",
    "1E+2",
    "0.0000001",
    "1e-7",
    "123456789012345678",
  ])("keeps %s", (text) => {
    expect(again(`{"a":${text}}`)).toBe(`{"a":${text}}`);
    expect(again(`{"a": ${text} }`)).toBe(`{"a":${text}}`);
  });

  it("keeps any JSON value", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(again(JSON.stringify(value))).toBe(JSON.stringify(value));
      }),
    );
  });

  it("keeps a member named __proto__, and takes the last of duplicate members", () => {
    expect(again('{"__proto__":{"a":1.0}}')).toBe('{"__proto__":{"a":1.0}}');
    expect(again('{"a":1,"a":2.0}')).toBe('{"a":2.0}');
    expect(({} as Record<string, unknown>).a).toBeUndefined();
  });
});

describe("text that PostgreSQL can't store", () => {
  it.each(['{"a":"x\\u0000y"}', '{"a":["\\ud800"]}', '{"a":{"\\udc00":1}}', '"\\uDBFF"'])(
    "is found in %s",
    (text) => {
      expect(mayHoldUnstorable(text)).toBe(true);
      expect(findUnstorable(JSON.parse(text))).toBeDefined();
    },
  );

  it("is found with its place", () => {
    expect(findUnstorable({ a: { "b/c": ["ok", "\0"] } })).toMatchObject({ pointer: "/a/b~1c/1" });
  });

  it("does not include surrogate pairs and other escapes", () => {
    expect(findUnstorable(JSON.parse('{"a":"\\ud83d\\ude00 \\u0001 \\ufffd"}'))).toBeUndefined();
  });

  it("is never missed by the quick check of the text", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const json = JSON.stringify({ a: text });
        if (findUnstorable({ a: text })) expect(mayHoldUnstorable(json)).toBe(true);
      }),
    );
  });
});
