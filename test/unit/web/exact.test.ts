/** JSON in the dashboard keeps each digit. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ExactNumber, parseExact, printExact, toNumber } from "../../../web/dashboard/api/exact.ts";

describe("parseExact", () => {
  it.each(["12345678901234567890", "0.1000000000000000055", "1.0", "1e400", "-0", "1E2", "0.10"])(
    "keeps %s as it was written",
    (digits) => {
      expect(parseExact(digits)).toEqual(new ExactNumber(digits));
      expect(printExact(parseExact(`{"n":[${digits}]}`))).toBe(`{\n  "n": [\n    ${digits}\n  ]\n}`);
    },
  );

  it("gives plain numbers where nothing is lost", () => {
    expect(parseExact('{"count":21707,"ms":0.5,"none":null}')).toEqual({
      count: 21_707,
      ms: 0.5,
      none: null,
    });
  });

  it("takes members that would change an object's prototype, and the last of two with the same name", () => {
    expect(Object.keys(parseExact('{"__proto__":1,"constructor":2}') as object)).toEqual([
      "__proto__",
      "constructor",
    ]);
    expect(parseExact('{"a":1,"a":2}')).toEqual({ a: 2 });
  });

  it("prints any JSON so that it means the same", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const text = JSON.stringify(value);
        expect(JSON.parse(printExact(parseExact(text)))).toEqual(JSON.parse(text));
      }),
    );
  });

  it("draws numbers of both kinds", () => {
    expect([toNumber(2), toNumber(new ExactNumber("0.10"))]).toEqual([2, 0.1]);
  });
});
