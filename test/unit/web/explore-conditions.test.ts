import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseCondition } from "../../../lib/query/where.ts";
import { parseExact } from "../../../web/dashboard/api/exact.ts";
import {
  faultOfCondition,
  joinCondition,
  OPERATORS,
  propertiesOf,
  splitCondition,
  valueText,
} from "../../../web/dashboard/views/explore/conditions.ts";

describe("splitCondition", () => {
  it.each([
    ["payload.a", "payload.a", "exists", ""],
    ["! payload.a", "payload.a", "missing", ""],
    [" payload.mag >= 4.5 ", "payload.mag", ">=", "4.5"],
    ['payload."a=b".c!="<=>"', 'payload."a=b".c', "!=", '"<=>"'],
    ["payload.items[0].sku=", "payload.items[0].sku", "=", ""],
    ["payload.a=x=y", "payload.a", "=", "x=y"],
    ["nonsense > 3", "nonsense > 3", "exists", ""],
    ["!payload.a=1", "!payload.a=1", "exists", ""],
  ])("divides %j", (text, property, operator, value) => {
    expect(splitCondition(text)).toEqual({ property, operator, value });
  });

  it("and joinCondition keep the meaning of every condition", () => {
    const property = fc.constantFrom("payload.a", 'payload."x y"[0]', "payload.b.c-d", "payload.é");
    const value = fc.constantFrom("1", "-0.50", '"1"', "true", "null", "text", '"a\\"b"', "x = y", "é");
    fc.assert(
      fc.property(property, fc.constantFrom(...OPERATORS), value, (name, operator, text) => {
        const condition = joinCondition({ property: name, operator, value: text });
        fc.pre(faultOfCondition(condition) === undefined);
        expect(joinCondition(splitCondition(condition))).toBe(condition);
        expect(parseCondition(condition).operator).toBe(operator);
      }),
    );
  });
});

describe("valueText", () => {
  it.each([
    ["DFW", "DFW"],
    ["1", '"1"'],
    ["true", '"true"'],
    ["", '""'],
    [" a", '" a"'],
    ['say "hi"', 'say "hi"'],
    [12.5, "12.5"],
    [null, "null"],
  ])("writes %j as %s", (value, text) => {
    expect(valueText(value)).toBe(text);
  });

  it("keeps the digits of a number", () => {
    expect(valueText(parseExact("12345678901234567890"))).toBe("12345678901234567890");
    expect(valueText(parseExact("1.50"))).toBe("1.50");
    expect(valueText(parseExact('{"a":[1.0]}'))).toBe('{ "a": [ 1.0 ] }');
  });

  it("is a condition that is true for exactly that value", () => {
    const scalar = fc.oneof(fc.string({ unit: "binary" }), fc.integer(), fc.boolean(), fc.constant(null));
    fc.assert(
      fc.property(scalar, (value) => {
        const condition = `payload.a=${valueText(value)}`;
        fc.pre(faultOfCondition(condition) === undefined);
        expect(parseCondition(condition)).toMatchObject({
          value: { type: value === null ? "null" : typeof value, text: String(value) },
        });
      }),
    );
  });
});

describe("propertiesOf", () => {
  it("names what payloads have, in the syntax of conditions", () => {
    const payloads = [
      { user: { id: 1, "odd key": 2 }, tags: ["a"] },
      { user: { id: 2 }, amount: null },
      "text",
    ];
    expect(propertiesOf(payloads)).toEqual([
      "payload.amount",
      "payload.tags",
      'payload.user."odd key"',
      "payload.user.id",
    ]);
  });

  it("goes three levels deep, and omits what is too long to ask for", () => {
    const deep = { a: { b: { c: { d: 1 }, e: 1 } }, ["x".repeat(300)]: 1 };
    expect(propertiesOf([deep])).toEqual(["payload.a.b.e"]);
  });
});
