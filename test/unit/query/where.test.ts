import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { PROPERTY_PATTERN, parseProperty } from "../../../lib/query/property.ts";
import { CONDITION_PATTERN, parseCondition } from "../../../lib/query/where.ts";

/** Patterns as JSON Schema validators compile them. */
const property = new RegExp(`^${PROPERTY_PATTERN}$`, "u");
const condition = new RegExp(CONDITION_PATTERN, "u");
/** Faults that the pattern leaves to the parser, by the parser's message. */
const BEYOND_PATTERNS = /more than 200 characters|longer than|more than 100 digits/;

describe("a property", () => {
  it.each([
    ["payload.user", ["user"]],
    ["payload.user.id", ["user", "id"]],
    ["payload.items[0].sku", ["items", "0", "sku"]],
    ["payload.items.0.sku", ["items", "0", "sku"]],
    ["payload[0][-1]", ["0", "-1"]],
    ['payload."odd.key"', ["odd.key"]],
    ['payload."a \\"quoted\\" \\u00fc\\\\".b', ['a "quoted" ü\\', "b"]],
    ['payload.""', [""]],
    ["payload.größe.名前.$ref-1_x", ["größe", "名前", "$ref-1_x"]],
    ["payload.__proto__", ["__proto__"]],
    [`payload${".a".repeat(10)}`, Array(10).fill("a")],
  ])("%s has the path %j", (text, path) => {
    expect(parseProperty(text)).toEqual(path);
    expect(text).toMatch(property);
  });

  it.each([
    ["", /must begin with payload/],
    ["user", /must begin with payload/],
    ["Payload.user", /must begin with payload/],
    ["payload", /no member name after payload;/],
    ["payloads.a", /no member name after payload;/],
    ["payload.", /no member name/],
    ["payload..a", /no member name/],
    ["payload.a.", /no member name after payload\.a;/],
    ["payload.a[", /no member name/],
    ["payload.a[b]", /no member name/],
    ["payload.a[1234567890]", /no member name/],
    ["payload.a b", /has {2}b after the property/],
    ["payload.a->>'b'", /has >>'b' after the property/],
    ['payload."a', /no member name/],
    ['payload."\\x"', /not a JSON string/],
    ['payload."\\u0000"', /NUL character/],
    ['payload."\\ud800"', /lone surrogate/],
    [`payload${".a".repeat(11)}`, /more than 10 levels/],
    [`payload.${"a".repeat(200)}`, /more than 200 characters/],
  ])("is refused: %s", (text, message) => {
    expect(() => parseProperty(text)).toThrow(message);
    expect(() => parseProperty(text)).toThrow(SyntaxError);
    if (!BEYOND_PATTERNS.test(message.source)) expect(text).not.toMatch(property);
  });

  it("with every name in quotation marks is read back unchanged", () => {
    const name = fc.string({ maxLength: 15, unit: "grapheme" }).filter((text) => !text.includes("\0"));
    const names = fc.array(name, { minLength: 1, maxLength: 10 });
    fc.assert(
      fc.property(names, (path) => {
        const text = `payload${path.map((part) => `.${JSON.stringify(part)}`).join("")}`;
        fc.pre(text.length <= 200);
        expect(parseProperty(text)).toEqual(path);
        expect(text).toMatch(property);
      }),
    );
  });
});

describe("a condition", () => {
  const compared = (operator: string, type: string, text: string) => ({
    path: ["a"],
    operator,
    value: { type, text },
  });

  it.each([
    ["payload.a", { path: ["a"], operator: "exists" }],
    [" ! payload.a ", { path: ["a"], operator: "missing" }],
    ["payload.a=1", compared("=", "number", "1")],
    ["payload.a != -0.50", compared("!=", "number", "-0.50")],
    ["payload.a<=12345678901234567890", compared("<=", "number", "12345678901234567890")],
    ["payload.a<0.1000000000000000055", compared("<", "number", "0.1000000000000000055")],
    ["payload.a>1e400", compared(">", "number", "1e400")],
    ["payload.a>=4.5", compared(">=", "number", "4.5")],
    ["payload.a=true", compared("=", "boolean", "true")],
    ["payload.a!=null", compared("!=", "null", "null")],
    ['payload.a="4.5"', compared("=", "string", "4.5")],
    ['payload.a=" \\u00fc "', compared("=", "string", " ü ")],
    ["payload.a = near Tokyo, Japan ", compared("=", "string", "near Tokyo, Japan")],
    ["payload.a=", compared("=", "string", "")],
    ["payload.a==b", compared("=", "string", "=b")],
    ["payload.a=01", compared("=", "string", "01")],
    ["payload.a=NaN", compared("=", "string", "NaN")],
    ["payload.a>=b'; DROP TABLE events", compared(">=", "string", "b'; DROP TABLE events")],
    ['payload."a=1"="x"', { path: ["a=1"], operator: "=", value: { type: "string", text: "x" } }],
  ])("%s", (text, parsed) => {
    expect(parseCondition(text)).toEqual(parsed);
    expect(text).toMatch(condition);
  });

  it.each([
    ["magnitude>4", /must begin with payload/],
    ["payload>4", /no member name/],
    ["!payload.a=1", /must be a property, ! and a property/],
    ["!!payload.a", /must begin with payload/],
    ["payload.a~b", /must be a property/],
    ["payload.a b", /must be a property/],
    ["payload.a>true", /only numbers and strings have an order/],
    ["payload.a<=null", /only numbers and strings have an order/],
    ['payload.a="b', /not a JSON string/],
    ['payload.a="b"c', /not a JSON string/],
    ['payload.a="\\ud800"', /lone surrogate/],
    ['payload.a="\\u0000"', /NUL character/],
    ["payload.a=1e1000", /more than 100 digits/],
    [`payload.a=${"1".repeat(101)}`, /more than 100 digits/],
    [`payload.a=${"x".repeat(1_000)}`, /longer than 1000 characters/],
  ])("is refused: %s", (text, message) => {
    expect(() => parseCondition(text)).toThrow(message);
    if (!BEYOND_PATTERNS.test(message.source)) expect(text).not.toMatch(condition);
  });
});
