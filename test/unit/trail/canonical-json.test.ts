import canonicalize from "canonicalize";
import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { canonicalJson } from "../../../lib/trail/entry.ts";

/**
 * The inputs and outputs of RFC 8785's reference tests: https://github.com/cyberphone/json-canonicalization, testdata/
 * (Apache-2.0), arrays, french, structures, unicode, values and weird; and the example of the RFC's section 3.2.3.
 */
const DOCUMENTS: [name: string, input: string, output: string][] = [
  [
    "arrays",
    '[\n  56,\n  {\n    "d": true,\n    "10": null,\n    "1": [ ]\n  }\n]',
    '[56,{"1":[],"10":null,"d":true}]',
  ],
  [
    "french",
    '{\n  "peach": "This sorting order",\n  "péché": "is wrong according to French",\n  "pêche": "but canonicalization MUST",\n  "sin":   "ingnore locale"\n}\n',
    '{"peach":"This sorting order","péché":"is wrong according to French","pêche":"but canonicalization MUST","sin":"ingnore locale"}',
  ],
  [
    "structures",
    '{\n  "1": {"f": {"f": "hi","F": 5} ,"\\n": 56.0},\n  "10": { },\n  "": "empty",\n  "a": { },\n  "111": [ { } ],\n  "A": { }\n}',
    '{"":"empty","1":{"\\n":56,"f":{"F":5,"f":"hi"}},"10":{},"111":[{}],"A":{},"a":{}}',
  ],
  ["unicode", '{\n  "Unnormalized Unicode":"\\u1e0d\\u0307"\n}\n', '{"Unnormalized Unicode":"\u1e0d\u0307"}'],
  [
    "values",
    '{\n  "numbers": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n  "string": "\\u20ac$\\u000F\\u000aA\'\\u0042\\u0022\\u005c\\\\\\"\\/",\n  "literals": [null, true, false]\n}',
    '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
  ],
  [
    "weird",
    '{\n  "\\u20ac": "Euro Sign",\n  "\\r": "Carriage Return",\n  "\\u000a": "Newline",\n  "1": "One",\n  "\\u0080": "Control\\u007f",\n  "\\ud83d\\ude02": "Smiley",\n  "\\u00f6": "Latin Small Letter O With Diaeresis",\n  "\\ufb33": "Hebrew Letter Dalet With Dagesh",\n  "</script>": "Browser Challenge"\n}\n',
    '{"\\n":"Newline","\\r":"Carriage Return","1":"One","</script>":"Browser Challenge","\u0080":"Control\u007f","ö":"Latin Small Letter O With Diaeresis","€":"Euro Sign","😂":"Smiley","\ufb33":"Hebrew Letter Dalet With Dagesh"}',
  ],
];

test.each(DOCUMENTS)("the document %s becomes the text that RFC 8785 requires", (_name, input, output) => {
  expect(canonicalJson(JSON.parse(input))).toBe(output);
  expect(canonicalJson(JSON.parse(output))).toBe(output);
});

/** RFC 8785, appendix B: numbers as IEEE 754 bits, and their text. */
const NUMBERS: [bits: string, text: string][] = [
  ["0000000000000000", "0"],
  ["8000000000000000", "0"],
  ["0000000000000001", "5e-324"],
  ["8000000000000001", "-5e-324"],
  ["7fefffffffffffff", "1.7976931348623157e+308"],
  ["ffefffffffffffff", "-1.7976931348623157e+308"],
  ["4340000000000000", "9007199254740992"],
  ["c340000000000000", "-9007199254740992"],
  ["4430000000000000", "295147905179352830000"],
  ["44b52d02c7e14af5", "9.999999999999997e+22"],
  ["44b52d02c7e14af6", "1e+23"],
  ["44b52d02c7e14af7", "1.0000000000000001e+23"],
  ["444b1ae4d6e2ef4e", "999999999999999700000"],
  ["444b1ae4d6e2ef4f", "999999999999999900000"],
  ["444b1ae4d6e2ef50", "1e+21"],
  ["3eb0c6f7a0b5ed8c", "9.999999999999997e-7"],
  ["3eb0c6f7a0b5ed8d", "0.000001"],
  ["41b3de4355555553", "333333333.3333332"],
  ["41b3de4355555554", "333333333.33333325"],
  ["41b3de4355555555", "333333333.3333333"],
  ["41b3de4355555556", "333333333.3333334"],
  ["41b3de4355555557", "333333333.33333343"],
  ["becbf647612f3696", "-0.0000033333333333333333"],
  ["43143ff3c1cb0959", "1424953923781206.2"],
];

test.each(NUMBERS)("the number %s becomes %s", (bits, text) => {
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
