import { gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { placeSeed } from "../../../lib/base/ids.ts";
import type { WebhookKind } from "../../../lib/base/webhook-kind.ts";
import { Problem } from "../../../lib/http/problem.ts";
import type { IncomingEvent } from "../../../lib/ingest/event.ts";
import { rawBody } from "../../../lib/ingest/webhooks/body.ts";
import { readDelivery } from "../../../lib/ingest/webhooks/delivery.ts";
import { parseLine, parseSetAside } from "../../../lib/queue/message.ts";
import { apiRequest } from "../../support/http/request.ts";

const NOW = Date.parse("2026-11-29T12:00:00.000Z");
const settings = { retentionDays: 400, placeSeed: placeSeed("secret"), sqs: undefined };

function incoming(
  kind: WebhookKind,
  headers: Record<string, string>,
  body: string | Buffer,
  changes: object = {},
): IncomingEvent {
  const signed = { headers, body: Buffer.from(body), receivedMs: NOW };
  const { valid, faults } = readDelivery({ name: "main", kind }, signed, { ...settings, ...changes });
  expect(faults).toEqual([]);
  expect(valid).toHaveLength(1);
  return valid[0] as IncomingEvent;
}
const eventOf = ({ line }: IncomingEvent) => {
  const { payload, ...event } = parseLine(parseSetAside(line)?.line ?? line);
  return { ...event, payload: JSON.parse(payload) };
};
const read = (...words: Parameters<typeof incoming>) => eventOf(incoming(...words));

const GITHUB = {
  "x-github-delivery": "72d3162e",
  "x-github-event": "pull_request",
  "x-hub-signature-256": "sha256=ab",
};
const STANDARD = {
  "webhook-id": "msg_1",
  "webhook-timestamp": "1",
  "webhook-signature": "v1,x",
  accept: "*/*",
};
const standard = (body: string | Buffer) => read("standard", STANDARD, body);

describe("a delivery of GitHub", () => {
  it("is named by its headers and the body's action, and arrives when it arrives", () => {
    const body = '{"action": "opened", "number": 2.50}';
    expect(read("github", { ...GITHUB, "content-type": "application/json", cookie: "x" }, body)).toEqual({
      eventId: "72d3162e",
      eventType: "pull_request.opened",
      timestamp: "2026-11-29T12:00:00.000Z",
      payload: {
        source: "main",
        kind: "github",
        headers: { "content-type": "application/json", ...GITHUB },
        body,
        data: { action: "opened", number: 2.5 },
      },
    });
    // Digits are kept.
    expect(incoming("github", GITHUB, body).line).toContain('"number":2.50}');
  });

  it.each([
    ["{}", "push"],
    ['{"action":1}', "push"],
    ['{"action":""}', "push"],
    ["[]", "push"],
    ["null", "push"],
    ["not JSON", "push"],
    ['{"action":"a\\u0000"}', "push"],
    [`{"action":"${"a".repeat(300)}"}`, "push"],
    ['{"action":"created"}', "push.created"],
  ])("with the body %s has the type %s", (body, type) => {
    // biome-ignore format: one list
    expect(read("github", { ...GITHUB, "x-github-event": "push" }, body).eventType).toBe(type);
  });

  it("may be a form, whose field payload is the data", () => {
    const body = new URLSearchParams({ payload: '{"action":"opened","a":"ü&="}' }).toString();
    const event = read("github", { ...GITHUB, "content-type": "application/x-www-form-urlencoded" }, body);
    expect(event).toMatchObject({ eventType: "pull_request.opened" });
    expect(event.payload).toMatchObject({ body, data: { action: "opened", a: "ü&=" } });
  });

  it.each(["x-github-delivery", "x-github-event"])("without %s is refused", (name) => {
    const headers = Object.fromEntries(Object.entries(GITHUB).filter(([other]) => other !== name));
    for (const given of [headers, { ...headers, [name]: "" }, { ...headers, [name]: "a b" }])
      expect(() => incoming("github", given, "{}")).toThrow(Problem);
  });
});

describe("an event of Stripe", () => {
  const stripe = (event: object) =>
    read("stripe", { "stripe-signature": "t=1,v1=ab" }, JSON.stringify(event));

  it("has its own id, type and time", () => {
    const event = { id: "evt_1", object: "event", type: "invoice.paid", created: NOW / 1_000 - 60 };
    expect(stripe(event)).toMatchObject({
      eventId: "evt_1",
      eventType: "invoice.paid",
      timestamp: "2026-11-29T11:59:00.000Z",
      payload: { headers: { "stripe-signature": "t=1,v1=ab" }, data: event },
    });
    expect(stripe({ ...event, created: "2026-11-29T11:58:00.123Z" }).timestamp).toBe(
      "2026-11-29T11:58:00.123Z",
    );
    for (const created of [undefined, null, "yesterday", -1, 1e300])
      expect(stripe({ ...event, created }).timestamp).toBe("2026-11-29T12:00:00.000Z");
  });

  it.each([{}, { id: "evt_1" }, { type: "a" }, { id: 1, type: "a" }, { id: "", type: "a" }, { id: "e\0", type: "a" }, { id: "e", type: "a\0" }, [], null])(
    "that is %j is refused",
    (event) => {
      expect(() => stripe(event as object)).toThrow("an event of Stripe");
    },
  ); // biome-ignore format: one list
});

describe("a delivery of Standard Webhooks", () => {
  it("has the id of its header, and type and time of its body", () => {
    const body = '{"type":"contact.created","timestamp":"2026-11-29T10:00:00.123456Z","data":{"id":"1"}}';
    const { accept: _, ...headers } = STANDARD;
    expect(standard(body)).toEqual({
      eventId: "msg_1",
      eventType: "contact.created",
      timestamp: "2026-11-29T10:00:00.123456Z",
      payload: { source: "main", kind: "standard", headers, body, data: JSON.parse(body) },
    });
  });

  it.each([
    "",
    "hello",
    "[1]",
    '{"type":""}',
    '{"type":7}',
    `{"type":"${"x".repeat(201)}"}`,
    '{"type":"\\ud800"}',
  ])("with the body %j is a webhook that arrived now", (body) => {
    expect(standard(body)).toMatchObject({ eventType: "webhook", timestamp: "2026-11-29T12:00:00.000Z" });
    expect(standard(body).payload.body).toBe(body);
  });

  it("with an id that is too long has its hash", () => {
    const headers = { ...STANDARD, "webhook-id": "x".repeat(201) };
    expect(read("standard", headers, "{}").eventId).toMatch(/^webhook:[\w-]{43}$/);
  });

  it.each(["2020-01-01T00:00:00Z", "2027-01-01T00:00:00Z"])("of %s goes to quarantine", (timestamp) => {
    const event = incoming("standard", STANDARD, JSON.stringify({ type: "a", timestamp }));
    expect(parseSetAside(event.line)).toMatchObject({ reason: "invalid-event" });
    expect(eventOf(event)).toMatchObject({ eventId: "msg_1", eventType: "a" });
  });
});

describe("the body", () => {
  const BOM = "\uFEFF";

  it.each(['{"a": 1}\n', `${BOM}{"a": 1}`, '{ "é":"\\u00e9\u2028\\"\\\\" }', "\t\r\n", "{", "\u007f\u0001"])(
    "%j is kept to the byte",
    (text) => {
      const { payload } = standard(text);
      expect(Buffer.from(payload.body)).toEqual(Buffer.from(text));
      expect(payload).not.toHaveProperty("body_base64");
    },
  );

  it.each([
    ["that is no UTF-8", Buffer.from([0x7b, 0xff, 0x7d])],
    ["with a NUL character", Buffer.from('{"a":"\0"}')],
    ["with half of a surrogate pair", Buffer.from([0xed, 0xa0, 0x80])],
  ])("%s is kept as base64", (_, bytes) => {
    const { payload } = standard(bytes);
    expect(Buffer.from(payload.body_base64, "base64")).toEqual(bytes);
    expect(payload).not.toHaveProperty("body");
    expect(payload).not.toHaveProperty("data");
  });

  it.each([
    '{"a":"\\u0000"}',
    '{"\\ud800":1}',
    `{"a":${"[".repeat(99)}${"]".repeat(99)}}`,
    `${"[".repeat(200_000)}`,
  ])("that no event can hold as data has only its text: %#", (text) => {
    const event = incoming("standard", STANDARD, text);
    expect(parseSetAside(event.line)).toBeUndefined();
    expect(eventOf(event).payload).not.toHaveProperty("data");
    expect(eventOf(event).payload.body).toBe(text);
  });

  it("has its data beside it, with members of any name, as deep as an event may be", () => {
    const text = `{"__proto__":{"constructor":1},"a":${"[".repeat(98)}${"]".repeat(98)}}`;
    expect(JSON.stringify(standard(text).payload.data)).toBe(text);
  });

  it("has its data left out if a message of the queue can't hold both", () => {
    const bodies = (bytes: number) => JSON.stringify({ a: "x".repeat(bytes) });
    const sqs = { sqs: { messageBytes: 16_384 } };
    expect(read("standard", STANDARD, bodies(6_000), sqs).payload).toHaveProperty("data");
    expect(read("standard", STANDARD, bodies(9_000), sqs).payload).not.toHaveProperty("data");
    expect(read("standard", STANDARD, bodies(9_000)).payload).toHaveProperty("data");
    expect(read("standard", STANDARD, bodies(600_000)).payload).not.toHaveProperty("data");
  });

  it("is what was sent, whether the gateway passes it as text or as base64", () => {
    const text = `${BOM}{"a":"é"}`;
    expect(rawBody(apiRequest(text))).toEqual(Buffer.from(text));
    expect(rawBody(apiRequest(Buffer.from(text)))).toEqual(Buffer.from(text));
    expect(() => rawBody(apiRequest("x".repeat(1_048_577)))).toThrow("larger than 1048576 bytes");
    expect(() => rawBody(apiRequest(gzipSync("{}"), { "content-encoding": "gzip" }))).toThrow(
      "Content-Encoding",
    );
  });
});

it("what is sent again has the same digest, whatever has changed in it", () => {
  const first = incoming(
    "stripe",
    { "stripe-signature": "t=1,v1=ab" },
    '{"id":"e","type":"a","pending_webhooks":1}',
  );
  const again = incoming(
    "stripe",
    { "stripe-signature": "t=2,v1=cd" },
    '{"id":"e","type":"a","pending_webhooks":0}',
  );
  expect(again.line).not.toBe(first.line);
  expect(again).toMatchObject({ seenId: first.seenId, digest: first.digest });
});
