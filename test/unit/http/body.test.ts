import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { bodyJson, bodyText, MAX_BODY_BYTES, mediaType } from "../../../lib/http/body.ts";
import { apiRequest } from "../../support/http/request.ts";

const GZIP = { "content-encoding": "gzip" };
const text = fc
  .string({ unit: "binary" })
  .filter((value) => value.isWellFormed() && !value.startsWith("\ufeff"));

const problem = (code: string, others: object = {}) => expect.objectContaining({ code, ...others });

describe("mediaType", () => {
  const read = (type: string): string =>
    mediaType(apiRequest("", { "content-type": type }), ["application/json", "application/x-ndjson"]);

  it.each([
    "application/json",
    "Application/JSON",
    "application/json;charset=utf-8",
    "application/json; charset=UTF-8",
    'application/json; Charset="utf-8"',
    "application/json ; charset=utf8",
    "application/json; profile=x",
  ])("accepts %s", (type) => {
    expect(read(type)).toBe("application/json");
  });

  it.each([
    "",
    "text/plain",
    "application/jsonp",
    "application/json, text/plain",
    "json",
    "application/json; charset=latin1",
    "application/json; charset=utf-16",
  ])("refuses %j", (type) => {
    expect(() => read(type)).toThrow(problem("unsupported-media-type"));
  });

  it("refuses a body without a media type, or with one that the call does not accept", () => {
    const { "content-type": _, ...headers } = apiRequest("").headers;
    expect(() => mediaType({ ...apiRequest(""), headers }, ["application/json"])).toThrow(/no Content-Type/);
    const ndjson = apiRequest("{}", { "content-type": "application/x-ndjson" });
    expect(() => bodyJson(ndjson)).toThrow(problem("unsupported-media-type"));
  });
});

describe("bodyText", () => {
  /** Plain, as base64, and compressed. */
  const waysOf = (sent: string) => [
    apiRequest(sent),
    apiRequest(Buffer.from(sent)),
    apiRequest(gzipSync(sent), GZIP),
  ];

  it("returns the text that was sent, plain, as base64 or compressed", () => {
    fc.assert(
      fc.property(text, (sent) => {
        for (const request of waysOf(sent)) expect(bodyText(request)).toBe(sent);
        expect(bodyText(apiRequest(sent, { "content-encoding": "Identity" }))).toBe(sent);
      }),
    );
  });

  it("removes a byte order mark", () => {
    for (const request of waysOf("\ufeff{}")) expect(bodyText(request)).toBe("{}");
  });

  it.each([
    ["ASCII", "x"],
    ["two bytes a character", "ß"],
    ["three bytes", "€"],
    ["four bytes", "😀"],
  ])("is at most 1 MiB long: %s", (_, character) => {
    const size = Buffer.byteLength(character);
    const fits = character.repeat(Math.floor(MAX_BODY_BYTES / size)) + "x".repeat(MAX_BODY_BYTES % size);
    for (const request of waysOf(fits)) expect(bodyText(request).length).toBe(fits.length);
    for (const request of waysOf(`${fits}x`))
      expect(() => bodyText(request)).toThrow(problem("payload-too-large", { status: 413 }));
  });

  it.each([
    ["a lone continuation byte", [0x80]],
    ["a character cut short", [0x22, 0xe2, 0x82]],
    ["an overlong slash", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["beyond Unicode", [0xf4, 0x90, 0x80, 0x80]],
    ["UTF-16", [0xff, 0xfe, 0x7b, 0x00]],
  ])("refuses %s", (_, bytes) => {
    const bad = problem("invalid-encoding");
    expect(() => bodyText(apiRequest(Buffer.from(bytes)))).toThrow(bad);
    expect(() => bodyText(apiRequest(gzipSync(Buffer.from(bytes)), GZIP))).toThrow(bad);
  });

  it("detects by the length that the gateway replaced bytes, and accepts U+FFFD that was sent", () => {
    const replaced = Buffer.from([0x22, 0x80, 0x22]).toString();
    const request = (length: string) => apiRequest(replaced, { "content-length": length });
    expect(() => bodyText(request("3"))).toThrow(problem("invalid-encoding"));
    expect(bodyText(request("5"))).toBe(replaced);
  });

  it("refuses gzip that is invalid or truncated", () => {
    const good = gzipSync("{}".repeat(1_000));
    const bad = problem("invalid-encoding", { status: 400 });
    for (const bytes of [Buffer.from("{}"), Buffer.alloc(0), good.subarray(0, -9), good.subarray(0, 12)])
      expect(() => bodyText(apiRequest(bytes, GZIP))).toThrow(bad);
    expect(() => bodyText(apiRequest("{}", GZIP))).toThrow(bad);
    const flipped = Buffer.from(good);
    flipped.writeUInt32LE(0, flipped.length - 8);
    expect(() => bodyText(apiRequest(flipped, GZIP))).toThrow(bad);
  });

  it.each(["br", "deflate", "gzip, gzip", "x"])("refuses Content-Encoding %s", (encoding) => {
    const request = apiRequest("{}", { "content-encoding": encoding });
    expect(() => bodyText(request)).toThrow(problem("unsupported-media-type", { status: 415 }));
  });
});

describe("bodyJson", () => {
  it("reports where the JSON ends, in well-formed text", () => {
    const message = expect.toSatisfy((text: string) => text.isWellFormed());
    for (const body of ['{"a":1', '{"a":"\ud83d', "\ud83d\ude00", "{'"])
      expect(() => bodyJson(apiRequest(body))).toThrow(problem("invalid-json", { message }));
  });
});
