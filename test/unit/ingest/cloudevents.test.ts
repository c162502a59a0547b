/** What a CloudEvent becomes, in each mode; messages of the official SDK, and what the specification refuses. */
import { CloudEvent, HTTP } from "cloudevents";
import { describe, expect, it } from "vitest";
import { placeSeed } from "../../../lib/base/ids.ts";
import { Problem } from "../../../lib/http/problem.ts";
import { type Batch, readBatch } from "../../../lib/ingest/batch.ts";
import { cloudEventId } from "../../../lib/ingest/cloudevents/attributes.ts";
import { BATCHED, STRUCTURED } from "../../../lib/ingest/cloudevents/types.ts";
import { parseLine } from "../../../lib/queue/message.ts";
import { apiRequest } from "../../support/http/request.ts";

const SEED = placeSeed("secret");
const TIME = new Date().toISOString();
const ATTRIBUTES = {
  specversion: "1.0",
  id: "A-1",
  source: "/shop/orders",
  type: "order.placed",
  time: TIME,
};
const BINARY = Object.fromEntries(Object.entries(ATTRIBUTES).map(([name, value]) => [`ce-${name}`, value]));

const read = (body: string | Buffer, headers: Record<string, string>, receivedAt = Date.now()): Batch =>
  readBatch(apiRequest(body, headers, { receivedAt }), 400, SEED);
const structured = (event: unknown): Batch => read(JSON.stringify(event), { "content-type": STRUCTURED });
/** As an HTTP client sends them. */
const asSent = (headers: object): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
const eventsOf = ({ valid, faults }: Batch) => {
  expect(faults).toEqual([]);
  return valid.toSorted((a, b) => a.index - b.index).map(({ line }) => parseLine(line));
};
const payloadOf = (batch: Batch): unknown => JSON.parse(eventsOf(batch)[0]?.payload ?? "");
const faultOf = (event: unknown) => structured(event).faults[0];

function problemOf(body: string | Buffer, headers: Record<string, string>): string | undefined {
  try {
    read(body, headers);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error.code;
    throw error;
  }
}

describe("a message of the official SDK", () => {
  const event = new CloudEvent({
    ...{ id: "1001 100%", source: "https://shop.example/orders", type: "order.placed", time: TIME },
    ...{
      subject: "order 1",
      dataschema: "https://shop.example/schema",
      tenant: "acme",
      retries: 3,
      urgent: true,
    },
    data: { amount: 12.5, items: [1, 2] },
  });
  const { type: _type, time: _time, ...rest } = event.toJSON();

  it("has the same id, type and time in both modes, and keeps its attributes and data", () => {
    for (const mode of ["binary", "structured"] as const) {
      const { headers, body } = HTTP[mode](event);
      const batch = read(body as string, asSent(headers));
      expect(eventsOf(batch)).toMatchObject([
        { eventId: `${event.source} ${event.id}`, eventType: "order.placed", timestamp: TIME },
      ]);
      const { datacontenttype: _, ...payload } = payloadOf(batch) as Record<string, unknown>;
      const { datacontenttype: __, ...sent } = rest as Record<string, unknown>;
      // Headers have no types.
      const values = mode === "binary" ? { ...sent, retries: "3", urgent: "true" } : sent;
      expect(payload).toEqual(values);
    }
  });

  it("carries bytes in Base64", () => {
    const bytes = Uint8Array.of(0, 255, 254, 1);
    const binary = new CloudEvent({
      id: "b",
      source: "/s",
      type: "t",
      datacontenttype: "image/png",
      data: bytes,
    });
    const { headers, body } = HTTP.binary(binary);
    const sent = read(Buffer.from(body as Uint8Array), asSent(headers));
    const inJson = HTTP.structured(binary);
    for (const batch of [sent, read(inJson.body as string, asSent(inJson.headers))])
      expect(payloadOf(batch)).toEqual({
        ...{ specversion: "1.0", id: "b", source: "/s", datacontenttype: "image/png" },
        data_base64: Buffer.from(bytes).toString("base64"),
      });
  });
});

describe("data in binary mode", () => {
  it.each([
    ["JSON of any kind", "application/json", "[1.50, null]", { data: [1.5, null] }],
    ["JSON of another type", "application/vnd.shop+json; charset=utf-8", "12", { data: 12 }],
    ["a text", "text/plain", "Prüfung", { data: "Prüfung" }],
    ["XML", "application/atom+xml", "<a/>", { data: "<a/>" }],
    ["a text of another type", "application/yaml; charset=UTF-8", "a: 1", { data: "a: 1" }],
    ["an unknown type", "application/octet-stream", "abc", { data_base64: "YWJj" }],
    ["an empty body", "application/json", "", {}],
  ])("is kept: %s", (_, type, body, data) => {
    const { specversion, id, source } = ATTRIBUTES;
    const batch = read(Buffer.from(body), { ...BINARY, "content-type": type });
    expect(payloadOf(batch)).toEqual({ specversion, id, source, datacontenttype: type, ...data });
  });

  it("keeps the digits of numbers", () => {
    const [event] = eventsOf(
      read('{"n":12345678901234567890.10}', { ...BINARY, "content-type": "application/json" }),
    );
    expect(event?.payload).toContain('"data":{"n":12345678901234567890.10}');
  });

  it("that is a text in another encoding is kept in Base64", () => {
    const batch = read(Buffer.from("Prüfung", "latin1"), { ...BINARY, "content-type": "text/plain" });
    expect(payloadOf(batch)).toMatchObject({ data_base64: "UHL8ZnVuZw==" });
  });

  it.each([
    ["invalid-json", "{", "application/json", {}],
    ["invalid-encoding", Buffer.from([0xff]), "application/json", {}],
    ["invalid-encoding", "{}", "application/json", { "ce-subject": "%C0%A0" }],
    ["unsupported-media-type", "{}", "application/json", { "content-encoding": "br" }],
  ])("or a header is refused: %s", (code, body, type, headers) => {
    expect(problemOf(body, { ...BINARY, ...(headers as object), "content-type": type })).toBe(code);
  });

  it("has attributes that may be quoted or percent-encoded", () => {
    const names = { "ce-subject": '"a \\"b\\" c"', "ce-tenant": "Euro%20%e2%82%AC", "ce-odd": "100%" };
    const batch = read("{}", { ...BINARY, ...names, "content-type": "application/json" });
    expect(payloadOf(batch)).toMatchObject({ subject: 'a "b" c', tenant: "Euro €", odd: "100%" });
  });
});

describe("a batch", () => {
  const batchOf = (events: unknown): Batch =>
    read(JSON.stringify(events), { "content-type": `${BATCHED}; charset=UTF-8` });

  it("has its events and its faults with their indexes, and may be empty", () => {
    const batch = batchOf([
      ATTRIBUTES,
      { ...ATTRIBUTES, id: "A-2", specversion: "0.3" },
      { ...ATTRIBUTES, id: "A-3" },
      4,
    ]);
    expect(batch.valid.map(({ index }) => index).sort()).toEqual([0, 2]);
    expect(batch.faults).toMatchObject([
      {
        index: 1,
        event_id: "/shop/orders A-2",
        pointer: "/specversion",
        detail: 'specversion must be "1.0"',
      },
      { index: 3, event_id: null, pointer: "" },
    ]);
    expect(batchOf([])).toEqual({ valid: [], faults: [] });
  });

  it.each([
    ["invalid-body", "{}", BATCHED],
    ["invalid-json", "[", BATCHED],
    ["payload-too-large", JSON.stringify(Array(1_001).fill(1)), BATCHED],
    ["unsupported-media-type", "[]", "application/cloudevents-batch+avro"],
    ["unsupported-media-type", "{}", "application/cloudevents+json; charset=latin1"],
  ])("or another body is refused: %s %s", (code, body, type) => {
    expect(problemOf(body, { "content-type": type })).toBe(code);
  });
});

describe("an attribute", () => {
  it.each([
    ["/specversion", { specversion: undefined }],
    ["/specversion", { specversion: 1.0 }],
    ["/id", { id: "" }],
    ["/id", { id: null }],
    ["/source", { source: undefined }],
    ["/source", { source: "a b" }],
    ["/source", { source: "%zz" }],
    ["/type", { type: 4 }],
    ["/type", { type: "t".repeat(201) }],
    ["/time", { time: "yesterday" }],
    ["/time", { time: "2020-01-01T00:00:00Z" }],
    ["/tenant", { tenant: { an: "object" } }],
    ["/tenant", { tenant: 1.5 }],
    ["/subject", { subject: "a\u0007b" }],
    ["/data_base64", { data_base64: "a" }],
    ["/data_base64", { data: 1, data_base64: "YQ==" }],
    ["", { Tenant: "x" }],
    ["/data", { data: "\0" }],
  ])("that the specification or Weir does not allow is named: %s %j", (pointer, changes) => {
    expect(faultOf({ ...ATTRIBUTES, ...changes })).toMatchObject({
      code: "invalid-event",
      pointer,
      index: 0,
    });
  });

  it("that is null is not set, and data that is null is", () => {
    expect(payloadOf(structured({ ...ATTRIBUTES, subject: null, data: null }))).toEqual({
      ...{ specversion: "1.0", id: "A-1", source: "/shop/orders", data: null },
    });
  });
});

describe("the event's id", () => {
  it("is made of source and id, of which no two pairs give the same", () => {
    expect(cloudEventId("/a", "b c")).toBe("/a b c");
    const long = [cloudEventId("/a", "x".repeat(300)), cloudEventId("/ax", "x".repeat(299))];
    expect(new Set(long).size).toBe(2);
    for (const id of long) expect(id).toMatch(/^cloudevent:[\w-]{43}$/);
    expect(cloudEventId("/a", "x".repeat(197))).toHaveLength(200);
  });

  it("does not depend on when it arrives, nor does the digest of an event without time", () => {
    const event = JSON.stringify({ ...ATTRIBUTES, time: undefined });
    const at = Date.now();
    const [first, again] = [at, at + 5_000].map((receivedAt) =>
      read(event, { "content-type": STRUCTURED }, receivedAt),
    );
    expect(eventsOf(first as Batch)[0]?.timestamp).toBe(new Date(at).toISOString());
    expect(first?.valid[0]?.digest).toBe(again?.valid[0]?.digest);
    const other = read(event.replace("A-1", 'A-1","data":"1'), { "content-type": STRUCTURED }, at);
    expect(other.valid[0]?.digest).not.toBe(first?.valid[0]?.digest);
  });
});

it("JSON with none of the headers is an event of Weir's own format", () => {
  const own = { event_id: "e", event_type: "t", timestamp: TIME, payload: {} };
  expect(
    eventsOf(read(JSON.stringify(own), { "content-type": "application/json", "ce-tenant": "x" })),
  ).toHaveLength(1);
});
