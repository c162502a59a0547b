import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { recordable } from "../../../lib/audit/record/change.ts";
import { auditCall } from "../../../lib/audit/record/row.ts";
import { newSecret, secretPrefix } from "../../../lib/base/ids.ts";
import { withoutSecrets } from "../../../lib/base/redact.ts";

const secret = newSecret("my-shop");
const shown = secretPrefix(secret);
const encoded = (text: string): string =>
  [...text].map((char) => `%${char.charCodeAt(0).toString(16)}`).join("");

describe("a key in a text", () => {
  it.each([
    ["alone", secret, shown],
    ["in a path", `/v1/clients/my-shop/keys/${secret}/x`, `/v1/clients/my-shop/keys/${shown}/x`],
    ["twice", `${secret} ${newSecret("b")}`, expect.stringMatching(/^weir_my-shop_.{4} weir_b_.{4}$/)],
    ["percent-encoded", `/a/${encoded(secret)}`, `/a/${shown}`],
    [
      "with only its underscores encoded",
      `/a/${secret.replaceAll("_", "%5F")}`,
      expect.stringMatching(/^\/a\/weir_my-shop_.{4}$/),
    ],
    ["encoded twice", `/a/${encoded(secret).replaceAll("%", "%25")}`, `/a/${shown}`],
    ["cut short", secret.slice(0, -5), shown],
    ["with more behind it", `${secret}abc`, shown],
    ["in capitals", secret.toUpperCase(), shown.toUpperCase()],
  ])("is cut to its prefix: %s", (_, text, expected) => {
    expect(withoutSecrets(text)).toEqual(expected);
  });

  it.each(["/v1/events", "/v1/events/weir_shop_visit", "/a%20b%5Fc", "%", "%zz", "weir_", "ü%C3%BC", ""])(
    "is not found in %j",
    (text) => {
      expect(withoutSecrets(text)).toBe(text);
    },
  );
});

/** Ways in which a caller may write a key. */
const hiding = fc.constantFrom(
  secret,
  encoded(secret),
  secret.replaceAll("_", "%5f"),
  encoded(encoded(secret)),
  encoded(secret.slice(0, 20)) + secret.slice(20),
);
const around = fc.string({ unit: "grapheme", maxLength: 1_100 });

describe("an audit row", () => {
  it("never contains a key, the query, a header or any part of the body, wherever they were put", () => {
    const payload = "nobody-may-see-this";
    const basic = Buffer.from(`${secret}:`).toString("base64");
    fc.assert(
      fc.property(hiding, around, around, fc.integer({ min: 0, max: 4 }), (hidden, before, after, where) => {
        const at = (place: number, or: string): string =>
          where === place ? `${before}/${hidden}/${after}` : or;
        const row = auditCall({
          id: "i",
          receivedAt: 1,
          method: at(0, "POST"),
          route: "/v1/events",
          path: at(1, "/v1/events"),
          params: { event_id: hidden },
          query: new URLSearchParams({ api_key: hidden, q: payload }),
          rawQuery: "",
          headers: {
            "user-agent": at(2, "test"),
            "x-api-key": secret,
            authorization: `Basic ${basic}`,
            cookie: hidden,
          },
          address: null,
          body: `{"payload":{"a":"${payload} ${hidden}"}}`,
          bodyIsBase64: false,
        });
        let text = JSON.stringify(row);
        for (let level = 0; level < 4; level++) {
          for (const word of [secret.slice(-25), payload, basic]) expect(text).not.toContain(word);
          text = text.replace(/%([2-7][0-9a-f])/gi, (_, digits) =>
            String.fromCharCode(Number.parseInt(digits, 16)),
          );
        }
      }),
      { numRuns: 500 },
    );
  });
});

it("has a change as JSON, without keys", () => {
  const change = {
    before: null,
    after: { name: `a ${secret}`, at: new Date(0), gone: undefined, list: [encoded(secret)] },
  };
  expect(recordable(change)).toEqual({
    before: null,
    after: { name: `a ${shown}`, at: "1970-01-01T00:00:00.000Z", list: [shown] },
  });
});
