import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExact } from "../../../lib/base/json.ts";
import { digestEvent, digestValue } from "../../../lib/ingest/digest.ts";

const DEPTH = 100;
const digest = (text: string): number => digestValue(parseExact(text), DEPTH);

/** The JSON text of a value, with the members of each object in the order of `arrange`. */
function toText(value: unknown, arrange: (keys: string[]) => string[]): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map((item) => toText(item, arrange)).join(",")}]`;
  const members = arrange(Object.keys(value)).map(
    (key) => `${JSON.stringify(key)}:${toText((value as Record<string, unknown>)[key], arrange)}`,
  );
  return `{${members.join(",")}}`;
}

const sorted = (keys: string[]): string[] => keys.toSorted();
const json = fc.jsonValue({ maxDepth: 5 });

describe("digestValue", () => {
  it("is independent of the order of members, at any depth", () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(digest(toText(value, (keys) => keys.toSorted().reverse()))).toBe(
          digest(toText(value, sorted)),
        );
      }),
      { numRuns: 1_000 },
    );
  });

  it("differs for different values (32 bits: one pair in four billion may not)", () => {
    fc.assert(
      fc.property(json, json, (one, other) => {
        const [a, b] = [toText(one, sorted), toText(other, sorted)];
        if (a !== b) expect(digest(a)).not.toBe(digest(b));
      }),
      { numRuns: 3_000 },
    );
  });

  it("differs when one member changes, moves or swaps its value with another", () => {
    const scalar = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), scalar, { minKeys: 2 }),
        scalar,
        fc.string(),
        (object, value, name) => {
          const [first = "", second = ""] = Object.keys(object);
          const before = digestValue(object, DEPTH);
          const unlike = (changed: Record<string, unknown>): void => {
            if (toText(changed, sorted) !== toText(object, sorted))
              expect(digestValue(changed, DEPTH)).not.toBe(before);
          };
          unlike({ ...object, [first]: value });
          unlike({ ...object, [first]: object[second], [second]: object[first] });
          const { [first]: taken, ...rest } = object;
          unlike(rest);
          unlike({ ...rest, [name]: taken });
          expect(digestValue({ inner: object }, DEPTH)).not.toBe(before);
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it.each([
    ["[1,2]", "[2,1]"],
    ["[1,2]", "[[1],2]"],
    ["[[1],[2]]", "[[1,2]]"],
    ["[]", "{}"],
    ["[]", "[[]]"],
    ["[null]", "[]"],
    ["null", '"null"'],
    ["1", '"1"'],
    ["true", '"true"'],
    ["0", "false"],
    ["1", "1.0"],
    ["0", "-0"],
    ["12345678901234567890", "12345678901234567891"],
    ["1e400", "1e401"],
    ['{"a":1,"b":2}', '{"a":2,"b":1}'],
    ['{"a":{"b":1}}', '{"b":{"a":1}}'],
    ['{"a":1}', '{"a":1,"b":null}'],
    ['"ab"', '"ba"'],
    ['{"__proto__":1}', "{}"],
  ])("distinguishes %s from %s", (one, other) => {
    expect(digest(one)).not.toBe(digest(other));
  });

  it("throws exactly if a value is nested deeper than allowed", () => {
    const nested = (levels: number): string => `${'{"a":['.repeat(levels / 2)}${"]}".repeat(levels / 2)}`;
    expect(() => digest(nested(100))).not.toThrow();
    expect(() => digest(nested(102))).toThrow(RangeError);
    expect(() => digest(nested(10_000))).toThrow(RangeError);
  });
});

describe("digestEvent", () => {
  it("has up to seven letters and digits, and depends on type, time and payload", () => {
    const text = fc.string({ unit: "binary" });
    fc.assert(
      fc.property(text, text, fc.integer(), text, (type, time, payload, other) => {
        const it = digestEvent(type, time, payload);
        expect(it).toMatch(/^[0-9a-z]{1,7}$/);
        if (other !== type) expect(digestEvent(other, time, payload)).not.toBe(it);
        if (other !== time) expect(digestEvent(type, other, payload)).not.toBe(it);
        expect(digestEvent(type, time, payload ^ 1)).not.toBe(it);
      }),
    );
  });
});
