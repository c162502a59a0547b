/** What a log record becomes, in each encoding; requests of the official SDK, and what is refused. */
import { gzipSync } from "node:zlib";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { ROOT_CONTEXT, trace } from "@opentelemetry/api";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isUuid, placeSeed } from "../../../lib/base/ids.ts";
import type { Config } from "../../../lib/config/config.ts";
import { Problem } from "../../../lib/http/problem.ts";
import type { Batch } from "../../../lib/ingest/batch.ts";
import { readLogs } from "../../../lib/ingest/otlp/read.ts";
import { JSON_TYPE, PROTOBUF_TYPE } from "../../../lib/ingest/otlp/types.ts";
import { parseLine } from "../../../lib/queue/message.ts";
import { apiRequest } from "../../support/http/request.ts";
import { ENCODINGS, encode, recorded } from "../../support/otlp.ts";

const CONFIG = { retentionDays: 400, placeSeed: placeSeed("secret") } as Config;
const NOW = Date.now();
/** In nanoseconds. */
const TIME = `${NOW}123456`;
const TIME_TEXT = `${new Date(NOW).toISOString().slice(0, -1)}123Z`;

const read = (body: string | Buffer, type: string = JSON_TYPE, headers = {}, receivedAt = NOW): Batch =>
  readLogs(apiRequest(body, { "content-type": type, ...headers }, { receivedAt }), CONFIG);
const request = (...logRecords: unknown[]): object => ({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] });
const inJson = (...records: unknown[]): Batch => read(JSON.stringify(request(...records)));
const linesOf = ({ valid }: Batch) =>
  valid.toSorted((a, b) => a.index - b.index).map(({ line }) => parseLine(line));
const eventsOf = (batch: Batch) => {
  expect(batch.faults).toEqual([]);
  return linesOf(batch);
};
const eventOf = (record: object) => eventsOf(inJson({ timeUnixNano: TIME, ...record }))[0];

function problemOf(body: string | Buffer, type?: string, headers?: object): Problem | undefined {
  try {
    read(body, type, headers);
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

describe("a record of the official SDK", () => {
  const spanContext = {
    traceId: "0af7651916cd43dd8448eb211c80319c",
    spanId: "b7ad6b7169203331",
    traceFlags: 1,
  };
  const records = recorded((logger) =>
    logger.emit({
      context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
      eventName: "order.placed",
      timestamp: NOW,
      severityNumber: 9,
      severityText: "INFO",
      body: { text: "placed", items: [1, 2.5, true, null] },
      attributes: { amount: 12.5, big: 9007199254740991, list: ["a", "b"], "user.name": "Größe" },
    }),
  );

  it.each(ENCODINGS)("keeps everything in its documented place: %s", (encoding) => {
    const [event] = eventsOf(read(encode(records, encoding), encoding));
    expect(event).toMatchObject({ eventType: "order.placed", timestamp: new Date(NOW).toISOString() });
    expect(JSON.parse(event?.payload ?? "")).toEqual({
      body: { text: "placed", items: [1, 2.5, true, null] },
      // Its nanoseconds have more digits than a number of JavaScript.
      time_unix_nano: Number(`${NOW}000000`),
      observed_time_unix_nano: expect.any(Number),
      severity_number: 9,
      severity_text: "INFO",
      attributes: { amount: 12.5, big: 9007199254740991, list: ["a", "b"], "user.name": "Größe" },
      flags: 1,
      trace_id: spanContext.traceId,
      span_id: spanContext.spanId,
      resource: { attributes: { "service.name": "shop" } },
      scope: { name: "orders", version: "1.2.3", schema_url: "https://shop.example/schema" },
    });
    expect(event?.payload).toContain(`"time_unix_nano":${NOW}000000,`);
  });

  it("is the same event in both encodings, and compressed", () => {
    const [protobuf, json] = ENCODINGS.map((encoding) => encode(records, encoding));
    const sent = [
      read(protobuf ?? "", PROTOBUF_TYPE),
      read(json ?? "", JSON_TYPE),
      read(gzipSync(protobuf ?? ""), PROTOBUF_TYPE, { "content-encoding": "gzip" }),
    ].map(eventsOf);
    expect(sent[1]).toEqual(sent[0]);
    expect(sent[2]).toEqual(sent[0]);
  });
});

describe("event_id", () => {
  const content = { timeUnixNano: TIME, body: { stringValue: "started" } };
  const idOf = (record: object): string | undefined => eventsOf(inJson(record))[0]?.eventId;
  const withUid = (uid: string): object => ({
    ...content,
    attributes: [{ key: "log.record.uid", value: { stringValue: uid } }],
  });

  it("is the record's log.record.uid, hashed if it is too long", () => {
    expect(idOf(withUid("01J0ZQ"))).toBe("01J0ZQ");
    expect(idOf(withUid("u".repeat(200)))).toBe("u".repeat(200));
    expect(idOf(withUid("u".repeat(201)))).toMatch(/^log:[\w-]{43}$/);
    expect(isUuid(idOf(withUid("")) ?? "")).toBe(true);
  });

  it("without one is a UUID from the content that begins with the time", () => {
    const id = idOf(content) ?? "";
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16)).toBe(NOW);
    expect(idOf(content)).toBe(id);
  });

  it("differs if any part of resource, scope or record differs", () => {
    const base = { resource: {}, scopeLogs: [{ scope: {}, logRecords: [content] }] };
    const requests = [
      base,
      { ...base, resource: { attributes: [{ key: "host", value: { stringValue: "a" } }] } },
      { ...base, schemaUrl: "https://a.example" },
      { ...base, scopeLogs: [{ scope: { name: "a" }, logRecords: [content] }] },
      ...[
        { timeUnixNano: `${NOW}123457` },
        { observedTimeUnixNano: TIME },
        { severityNumber: 1 },
        { severityText: "a" },
        { body: { stringValue: "stopped" } },
        { eventName: "a" },
        { traceId: "0af7651916cd43dd8448eb211c80319c" },
        { flags: 1 },
      ].map((change) => ({ ...base, scopeLogs: [{ logRecords: [{ ...content, ...change }] }] })),
    ];
    const ids = requests.map((one) => eventsOf(read(JSON.stringify({ resourceLogs: [one] })))[0]?.eventId);
    expect(new Set(ids).size).toBe(requests.length);
  });

  it("numbers equal records of a request, so that a repetition has the same ids", () => {
    const ids = (...records: object[]) => eventsOf(inJson(...records)).map(({ eventId }) => eventId);
    const [first, second, third] = ids(content, content, content);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(ids(content, content, content)).toEqual([first, second, third]);
    expect(ids(content)).toEqual([first]);
  });

  it("and the digest of a record without a time do not depend on the arrival", () => {
    const untimed = JSON.stringify(request({ body: { stringValue: "started" } }));
    const [one, other] = [NOW, NOW - 1_000].map((at) => read(untimed, JSON_TYPE, {}, at).valid[0]);
    expect(one).toMatchObject({ untimed: true, eventId: other?.eventId, digest: other?.digest });
    expect(parseLine(one?.line ?? "").timestamp).toBe(new Date(NOW).toISOString());
  });
});

describe("event_type and timestamp", () => {
  it.each([
    ["event_name", { eventName: "a", attributes: [{ key: "event.name", value: { stringValue: "b" } }] }, "a"],
    ["the attribute event.name", { attributes: [{ key: "event.name", value: { stringValue: "b" } }] }, "b"],
    ["log", { attributes: [{ key: "event.name", value: { intValue: "1" } }] }, "log"],
  ])("the type is %s", (_, record, type) => {
    expect(eventOf(record)?.eventType).toBe(type);
  });

  it.each([
    ["time_unix_nano", { timeUnixNano: TIME, observedTimeUnixNano: "1" }, TIME_TEXT],
    ["observed_time_unix_nano", { timeUnixNano: "0", observedTimeUnixNano: TIME }, TIME_TEXT],
    ["a number in JSON", { timeUnixNano: Number(`${NOW}000000`) }, new Date(NOW).toISOString()],
    ["the arrival", { timeUnixNano: null }, new Date(NOW).toISOString()],
  ])("the timestamp is %s", (_, record, timestamp) => {
    expect(eventOf(record)?.timestamp).toBe(timestamp);
  });

  it("keep all digits of the nanoseconds in the payload", () => {
    expect(eventOf({ observedTimeUnixNano: "1" })?.payload).toContain(
      `"time_unix_nano":${TIME},"observed_time_unix_nano":1`,
    );
  });
});

describe("values", () => {
  const bodyOf = (value: string): string =>
    /"body":(.*?),"time_unix_nano"/.exec(
      eventsOf(
        read(
          `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"timeUnixNano":"${TIME}","body":${value}}]}]}]}`,
        ),
      )[0]?.payload ?? "",
    )?.[1] ?? "";

  it.each([
    ['{"stringValue":""}', '""'],
    ['{"intValue":"9223372036854775807"}', "9223372036854775807"],
    ['{"intValue":-9223372036854775808}', "-9223372036854775808"],
    ['{"doubleValue":0.10}', "0.10"],
    ['{"doubleValue":"1.50"}', "1.50"],
    ['{"doubleValue":"NaN"}', '"NaN"'],
    ['{"doubleValue":"-Infinity"}', '"-Infinity"'],
    ['{"boolValue":false}', "false"],
    ['{"bytesValue":"AP8B_w"}', '{"bytes_value":"AP8B/w=="}'],
    ["{}", "null"],
    ['{"futureValue":1}', "null"],
    ['{"arrayValue":{}}', "[]"],
    ['{"arrayValue":{"values":[{"intValue":1},{"arrayValue":{"values":[{}]}}]}}', "[1,[null]]"],
    ['{"kvlistValue":{"values":[{"key":"__proto__","value":{"intValue":1}}]}}', '{"__proto__":1}'],
    ['{"kvlistValue":{"values":[{"key":"a","value":{"intValue":1}},{"key":"a"}]}}', '{"a":null}'],
  ])("%s becomes %s", (value, text) => {
    expect(bodyOf(value)).toBe(text);
  });

  it("of protobuf keep their digits and bytes", () => {
    const [event] = eventsOf(
      read(
        protobufRequest((record) => {
          record.tag(5, WireType.LengthDelimited).fork();
          record.tag(5, WireType.LengthDelimited).fork();
          const items: ((item: BinaryWriter) => void)[] = [
            (item) => item.tag(3, WireType.Varint).int64(-(2n ** 63n)),
            (item) => item.tag(4, WireType.Bit64).double(Number.NaN),
            (item) => item.tag(7, WireType.LengthDelimited).bytes(Uint8Array.of(0, 255)),
            // A field of a later version of the protocol.
            (item) => item.tag(99, WireType.LengthDelimited).string("new"),
          ];
          for (const write of items) {
            record.tag(1, WireType.LengthDelimited).fork();
            write(record);
            record.join();
          }
          record.join().join();
        }),
        PROTOBUF_TYPE,
      ),
    );
    expect(event?.payload).toContain('"body":[-9223372036854775808,"NaN",{"bytes_value":"AP8="},null]');
  });
});

/** A request with a record that has a time, and what `write` adds; then a record that is valid. */
function protobufRequest(write: (record: BinaryWriter) => void): Buffer {
  const writer = new BinaryWriter();
  writer.tag(1, WireType.LengthDelimited).fork().tag(2, WireType.LengthDelimited).fork();
  for (const add of [write, () => {}]) {
    writer.tag(2, WireType.LengthDelimited).fork();
    writer.tag(1, WireType.Bit64).fixed64(TIME);
    add(writer);
    writer.join();
  }
  writer.join().join();
  return Buffer.from(writer.finish());
}

describe("a bad record is refused alone", () => {
  const deep = (levels: number): object =>
    levels === 0 ? {} : { arrayValue: { values: [deep(levels - 1)] } };

  it.each([
    ["/timeUnixNano", { timeUnixNano: "1" }, /older than the retention period/],
    ["/timeUnixNano", { timeUnixNano: String(2n ** 64n) }, /unsigned 64-bit integer/],
    ["/timeUnixNano", { timeUnixNano: "1".repeat(100_000) }, /unsigned 64-bit integer/],
    ["/observedTimeUnixNano", { timeUnixNano: 0, observedTimeUnixNano: 1 }, /older than/],
    ["/eventName", { eventName: "e".repeat(201) }, /at most 200/],
    ["/severityNumber", { severityNumber: "SEVERITY_NUMBER_INFO" }, /integer/],
    ["/traceId", { traceId: "AAAA-" }, /hexadecimal/],
    ["/body", { body: { stringValue: "a\0b" } }, /NUL/],
    ["/body", { body: "text" }, /must be an object/],
    ["/body/intValue", { body: { intValue: "9223372036854775808" } }, /64-bit integer/],
    ["/body/intValue", { body: { intValue: 1.5 } }, /64-bit integer/],
    ["/body/bytesValue", { body: { bytesValue: "*" } }, /Base64/],
    ["/attributes", { attributes: {} }, /array/],
    ["/attributes/0/key", { attributes: [{ key: 1 }] }, /string/],
    ["", { body: deep(100) }, /nested more than 100/],
    ["", { body: deep(200) }, /nested more than 100/],
  ])("%s %#", (pointer, record, detail) => {
    const { valid, faults } = inJson({ timeUnixNano: TIME }, { timeUnixNano: TIME, ...record });
    expect(valid).toHaveLength(1);
    expect(faults).toMatchObject([{ index: 1, detail: expect.stringMatching(detail) }]);
    expect(faults[0]?.pointer).toMatch(new RegExp(`^/resourceLogs/0/scopeLogs/0/logRecords/1${pointer}`));
  });

  it.each([
    [
      "is not valid UTF-8",
      (record: BinaryWriter) => record.tag(3, WireType.LengthDelimited).bytes(Uint8Array.of(0xff)),
      /UTF-8/,
    ],
    ["has a NUL", (record: BinaryWriter) => record.tag(3, WireType.LengthDelimited).string("a\0"), /NUL/],
    ["is not protobuf", (record: BinaryWriter) => record.raw(Uint8Array.of(0x0b, 0xff)), /protobuf/],
    ["is truncated", (record: BinaryWriter) => record.raw(Uint8Array.of(0x2a, 0x7f)), /truncated/],
    ["is nested too deeply", (record: BinaryWriter) => nest(record, 10_000), /nested more than 100/],
  ])("in protobuf, if it %s", (_, write, detail) => {
    const { valid, faults } = read(protobufRequest(write), PROTOBUF_TYPE);
    expect(valid.map(({ index }) => index)).toEqual([1]);
    expect(faults).toMatchObject([{ index: 0, detail: expect.stringMatching(detail) }]);
  });

  it("and a bad resource refuses only its own records", () => {
    const [good, bad] = [{}, { attributes: "none" }].map((resource) => ({
      resource,
      scopeLogs: [{ logRecords: [{ timeUnixNano: TIME }] }],
    }));
    const { valid, faults } = read(JSON.stringify({ resourceLogs: [bad, good] }));
    expect(valid.map(({ index }) => index)).toEqual([1]);
    expect(faults).toMatchObject([
      { index: 0, detail: expect.stringMatching(/resource\/attributes must be an array/) },
    ]);
  });
});

/** Writes the field body with arrays in arrays. */
function nest(record: BinaryWriter, levels: number): void {
  const heads: Uint8Array[] = [];
  let length = 0;
  for (let level = 0; level < levels; level++)
    for (const field of [1, 5]) {
      const head = new BinaryWriter().tag(field, WireType.LengthDelimited).uint32(length).finish();
      heads.push(head);
      length += head.length;
    }
  record.tag(5, WireType.LengthDelimited).bytes(Buffer.concat(heads.reverse()));
}

describe("a request", () => {
  it.each([
    ["{}", JSON_TYPE],
    ['{"resourceLogs":[{},{"scopeLogs":[{}]}],"other":1}', JSON_TYPE],
    ["", PROTOBUF_TYPE],
  ])("may be empty: %s", (body, type) => {
    expect(read(body, type)).toEqual({ valid: [], faults: [] });
  });

  it.each([
    ["invalid-json", 400, "{", JSON_TYPE, {}],
    ["invalid-json", 400, "", JSON_TYPE, {}],
    ["malformed-request", 400, "[]", JSON_TYPE, {}],
    ["malformed-request", 400, '{"resourceLogs":{}}', JSON_TYPE, {}],
    ["malformed-request", 400, JSON.stringify(request({ timeUnixNano: "x" })), JSON_TYPE, {}],
    ["malformed-request", 400, Buffer.from([0x0a, 0x7f]), PROTOBUF_TYPE, {}],
    ["malformed-request", 400, "<html>", PROTOBUF_TYPE, {}],
    ["unsupported-media-type", 415, "{}", "text/plain", {}],
    ["unsupported-media-type", 415, "{}", JSON_TYPE, { "content-encoding": "zstd" }],
    ["invalid-encoding", 400, "{}", JSON_TYPE, { "content-encoding": "gzip" }],
    ["payload-too-large", 413, JSON.stringify(request(...Array(1_001).fill({}))), JSON_TYPE, {}],
    ["payload-too-large", 413, Buffer.alloc(1_048_577), PROTOBUF_TYPE, {}],
  ])("that is bad is refused: %s %i", (code, status, body, type, headers) => {
    expect(problemOf(body, type, headers)).toMatchObject({ code, status });
  });

  it("cut anywhere, or with any byte changed, is read or refused", () => {
    const records = recorded((logger) => {
      for (const body of ["one", "two", ["three"]]) logger.emit({ body, attributes: { n: 1 } });
    });
    const whole = encode(records, PROTOBUF_TYPE);
    for (let length = 0; length < whole.length; length++) {
      const code = problemOf(whole.subarray(0, length), PROTOBUF_TYPE)?.code;
      expect(code).toBe(length === 0 ? undefined : "malformed-request");
    }
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.nat(255), (at, byte) => {
        const changed = Buffer.from(whole);
        changed[at] = byte;
        const problem = problemOf(changed, PROTOBUF_TYPE);
        if (problem) expect(problem.code).toBe("malformed-request");
      }),
      { numRuns: 1_000 },
    );
  });
});
