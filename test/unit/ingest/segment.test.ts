/** What a Segment call becomes: its id, type, time and payload, and what is set aside. */
import { describe, expect, it } from "vitest";
import { hashSecretText, placeSeed } from "../../../lib/base/ids.ts";
import type { Config } from "../../../lib/config/config.ts";
import { Problem } from "../../../lib/http/problem.ts";
import { isAcceptable } from "../../../lib/ingest/event.ts";
import { segmentKey } from "../../../lib/ingest/segment/body.ts";
import type { CallType } from "../../../lib/ingest/segment/call.ts";
import { readCalls } from "../../../lib/ingest/segment/read.ts";
import { timeOfCall } from "../../../lib/ingest/segment/time.ts";
import { parseLine, parseSetAside } from "../../../lib/queue/message.ts";
import { apiRequest } from "../../support/http/request.ts";

const CONFIG = { retentionDays: 400, placeSeed: placeSeed("secret") } as Config;
const NOW = Date.now();
const at = (ms: number): string => new Date(ms).toISOString();
const CALL = { messageId: "m-1", userId: "u-1", event: "Order Completed", properties: { total: 12.5 } };

const requestOf = (body: unknown, headers: Record<string, string> = {}, receivedAt = NOW) =>
  apiRequest(typeof body === "string" ? body : JSON.stringify(body), headers, { receivedAt });
const readAll = (body: unknown, type?: CallType, receivedAt = NOW) => {
  const { valid, faults } = readCalls(requestOf(body, {}, receivedAt), CONFIG, type);
  expect(faults).toEqual([]);
  return valid.toSorted((a, b) => a.index - b.index);
};
const readOne = (call: unknown, type: CallType = "track", receivedAt = NOW) => {
  const [item] = readAll(call, type, receivedAt);
  if (!item) throw new Error("The request has no call.");
  const aside = parseSetAside(item.line);
  const { payload, ...event } = parseLine(aside?.line ?? item.line);
  return { ...item, ...event, payload: JSON.parse(payload), reason: aside?.reason, detail: aside?.detail };
};

describe("a call", () => {
  it("keeps everything in the payload but its id, its key, and what changes each time it is sent", () => {
    const sent = { ...CALL, sentAt: at(NOW), writeKey: "secret", _metadata: { retryCount: 2, bundled: [] } };
    expect(readOne(sent)).toMatchObject({
      eventId: "m-1",
      eventType: "track:Order Completed",
      payload: {
        type: "track",
        userId: "u-1",
        event: "Order Completed",
        properties: { total: 12.5 },
        _metadata: { bundled: [] },
      },
      reason: undefined,
    });
    expect(readOne({ ...sent, _metadata: { retryCount: 1 } }).payload).not.toHaveProperty("_metadata");
    expect(readOne(sent).line).not.toMatch(/secret|sentAt|retryCount/);
  });

  it.each(["identify", "page", "screen"] as const)("of type %s has its type as event_type", (type) => {
    expect(readOne({ messageId: "m", anonymousId: 4, name: "Home" }, type).eventType).toBe(type);
  });

  it("keeps the digits of its numbers", () => {
    const line = readAll('{"messageId":"m","userId":"u","event":"e","properties":{"n":1.50}}', "track")[0]
      ?.line;
    expect(line).toContain('"properties":{"n":1.50}');
  });

  it("in a batch inherits context and integrations, and the time of sending", () => {
    const item = { ...CALL, type: "track", timestamp: at(NOW - 90_000), context: { ip: "1.2.3.4" } };
    const batch = { batch: [item], context: { ip: "5.6.7.8", locale: "en" }, sentAt: at(NOW - 60_000) };
    const [read] = readAll(batch);
    const { timestamp, payload } = parseLine(read?.line ?? "");
    expect(timestamp).toBe(at(NOW - 30_000));
    expect(JSON.parse(payload)).toMatchObject({
      context: { ip: "1.2.3.4", locale: "en" },
      timestamp: item.timestamp,
    });
  });

  it("has the same digest whenever it is sent, and another one with other content", () => {
    const sending = (delayMs: number, changes: object = {}) =>
      readOne(
        {
          ...CALL,
          timestamp: at(NOW),
          sentAt: at(NOW + delayMs),
          _metadata: { retryCount: delayMs },
          ...changes,
        },
        "track",
        NOW + delayMs + 7,
      );
    expect(sending(1).digest).toBe(sending(5_000).digest);
    expect(sending(1).digest).not.toBe(sending(1, { properties: {} }).digest);
    expect(sending(1).digest).not.toBe(sending(1, { timestamp: at(NOW - 1) }).digest);
  });
});

describe("the id of a call", () => {
  it("that is too long becomes its digest", () => {
    const { eventId } = readOne({ ...CALL, messageId: "x".repeat(201) });
    expect(eventId).toMatch(/^segment:[\w-]{43}$/);
    expect(readOne({ ...CALL, messageId: "x".repeat(200) }).eventId).toHaveLength(200);
  });

  it("is made of its content if it has a time and no id, and else is new each time", () => {
    const timed = { ...CALL, messageId: undefined, timestamp: at(NOW) };
    const ids = [1, 2].map((n) => readOne({ ...timed, sentAt: at(NOW + n) }).eventId);
    expect(new Set(ids).size).toBe(1);
    expect(readOne({ ...timed, event: "Other" }).eventId).not.toBe(ids[0]);
    const untimed = [1, 2].map(() => readOne({ ...CALL, messageId: undefined }).eventId);
    expect(new Set(untimed).size).toBe(2);
  });
});

describe("the time of a call", () => {
  it.each([
    ["of a clock that is an hour slow", at(NOW - 3_605_000), at(NOW - 3_600_000), at(NOW - 5_000)],
    ["of a clock that is a day fast", at(NOW + 86_395_000), at(NOW + 86_400_000), at(NOW - 5_000)],
    ["without sentAt", "2026-02-03T04:05:06.123456Z", undefined, "2026-02-03T04:05:06.123456Z"],
    ["with a sentAt that is none", "2026-02-03T04:05:06Z", "now", "2026-02-03T04:05:06.000Z"],
    ["with another offset", "2026-02-03T06:05:06.000+02:00", undefined, "2026-02-03T04:05:06.000Z"],
    ["without offset", "2026-02-03T04:05:06", undefined, "2026-02-03T04:05:06.000Z"],
    ["with a date only", "2026-02-03", undefined, "2026-02-03T00:00:00.000Z"],
    ["that has none", undefined, at(NOW), at(NOW)],
    ["that is none", "yesterday", at(NOW), undefined],
    ["beyond the year 9999", "9999-12-31T00:00:00Z", "2026-02-03T04:05:06Z", undefined],
  ])("%s", (_, original, sentAt, expected) => {
    expect(timeOfCall(original, sentAt, NOW)).toBe(expected);
  });
});

describe("a call that can't be accepted is set aside", () => {
  it.each([
    ["/event", { event: undefined }, "track"],
    ["/event", { event: "x".repeat(195) }, "track"],
    ["/userId", { userId: "" }, "track"],
    ["/groupId", {}, "group"],
    ["/previousId", {}, "alias"],
    ["/messageId", { messageId: 4 }, "track"],
    ["/messageId", { messageId: "a\0" }, "track"],
    ["/timestamp", { timestamp: "yesterday" }, "track"],
    ["/originalTimestamp", { originalTimestamp: 12, timestamp: at(NOW) }, "track"],
    ["/timestamp", { timestamp: "2020-01-01T00:00:00Z" }, "track"],
    ["/timestamp", { timestamp: at(NOW + 3 * 86_400_000) }, "track"],
    ["/properties/a", { properties: { a: "\0" } }, "track"],
    ["/event", { event: "\ud800" }, "track"],
  ])("with a reason that names its member: %s %j", (pointer, changes, type) => {
    const read = readOne({ ...CALL, ...changes }, type as CallType);
    expect(read.reason).toBe("invalid-event");
    expect(read.detail).toContain(`${pointer}: ${pointer.slice(1)}`);
    expect(read.digest).toBe(readOne({ ...CALL, ...changes, sentAt: at(NOW) }, type as CallType).digest);
  });

  it("and does not affect the others of its batch", () => {
    const nested = `${"[".repeat(200)}${"]".repeat(200)}`;
    const items = [{ ...CALL, type: "track" }, 4, { ...CALL, type: "other" }, { ...CALL, type: "page" }];
    const text = `{"batch":[${items.map((item) => JSON.stringify(item)).join()},{"type":"track","properties":${nested}},${nested}]}`;
    const read = readAll(text).map(({ line }) => parseSetAside(line));
    expect(read.map((aside) => aside?.reason)).toEqual([
      ...[undefined, "invalid-event", "invalid-event", undefined],
      ...["invalid-event", "invalid-event"],
    ]);
    expect(parseLine(read[1]?.line ?? "")).toMatchObject({ eventType: "unknown", payload: '{"value":4}' });
  });

  it("also if it is nested so deeply that it can't be written", () => {
    const deep = 500_000;
    const text = `{"messageId":"m","userId":"u","event":"e","properties":${"[".repeat(deep)}${"]".repeat(deep)}}`;
    expect(readOne(text)).toMatchObject({ reason: "invalid-event", payload: {}, eventId: "m" });
  });

  it("and is acceptable later only if Weir itself could store it", () => {
    const isMended = (changes: object): boolean => {
      const aside = parseSetAside(readAll({ ...CALL, ...changes }, "track")[0]?.line ?? "");
      return isAcceptable(parseLine(aside?.line ?? ""), 400);
    };
    expect(isMended({ userId: "" })).toBe(true);
    expect(isMended({ timestamp: at(NOW + 3 * 86_400_000) })).toBe(false);
    expect(isMended({ properties: { a: "\0" } })).toBe(false);
  });
});

describe("a body", () => {
  it.each([
    ["malformed-request", "[]"],
    ["malformed-request", "4"],
    ["malformed-request", '{"batch":{}}'],
    ["invalid-json", '{"batch":['],
    ["payload-too-large", JSON.stringify({ batch: Array(1_001).fill(1) })],
  ])("that can't be read is refused: %s %.20s", (code, body) => {
    const problem = (() => {
      try {
        readAll(body);
        return undefined;
      } catch (error) {
        return error instanceof Problem ? error.code : error;
      }
    })();
    expect(problem).toBe(code);
  });
});

describe("the key", () => {
  const basic = (user: string) => ({ authorization: `Basic ${Buffer.from(user).toString("base64")}` });
  it.each([
    ["a header", {}, { "x-api-key": "k" }],
    ["the user of HTTP Basic", {}, basic("k:")],
    ["the user of HTTP Basic with a password", {}, basic("k:p:q")],
    ["the body", { writeKey: "k" }, {}],
    ["the body, beside an empty user", { writeKey: "k" }, basic(":")],
    ["a header, before all others", { writeKey: "b" }, { "x-api-key": "k", ...basic("u:") }],
  ])("is read from %s", (_, body, headers) => {
    expect(segmentKey(requestOf(body, headers as Record<string, string>)).hash).toBe(hashSecretText("k"));
  });

  it.each([["{}"], ["{"], ['{"writeKey":4}']])("is missing: %s", (body) => {
    expect(() => segmentKey(requestOf(body))).toThrow(/user name of HTTP Basic/);
  });
});
