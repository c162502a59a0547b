import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { placeSeed } from "../../../lib/base/ids.ts";
import { Problem } from "../../../lib/http/problem.ts";
import { type Batch, MAX_EVENTS, readBatch } from "../../../lib/ingest/batch.ts";
import { parseLine } from "../../../lib/queue/message.ts";
import { apiRequest } from "../../support/http/request.ts";
import { anEvent } from "../../support/pipeline.ts";

const SEED = placeSeed("secret");
const JSON_TYPE = { "content-type": "application/json" };
const NDJSON = { "content-type": "application/x-ndjson" };

const read = (body: string, headers: Record<string, string> = JSON_TYPE): Batch =>
  readBatch(apiRequest(body, headers), 400, SEED);
const readEvents = (events: unknown): Batch => read(JSON.stringify({ events }));
/** The ids in the order of the request. */
const idsOf = ({ valid }: Batch): string[] =>
  valid.toSorted((a, b) => a.index - b.index).map(({ line }) => parseLine(line).eventId);

/** Returns the batch or the problem that was thrown; any other error fails the test. */
function attempt(body: string | Buffer, headers: Record<string, string>): Batch | Problem {
  try {
    return readBatch(apiRequest(body, headers), 400, SEED);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

const problemOf = (body: string, headers: Record<string, string> = JSON_TYPE): string | undefined => {
  const result = attempt(body, headers);
  return result instanceof Problem ? result.code : undefined;
};

describe("readBatch reads", () => {
  it.each([
    ["one event alone", (event: string) => event, JSON_TYPE],
    ["one event in a list", (event: string) => `{"events":[${event}]}`, JSON_TYPE],
    ["one event on a line", (event: string) => event, NDJSON],
    ["one event on a line among empty lines", (event: string) => `\n\r\n  \n${event}\r\n\n`, NDJSON],
  ])("%s", (_, wrap, type) => {
    const event = anEvent();
    expect(idsOf(read(wrap(JSON.stringify(event)), type))).toEqual([event.event_id]);
  });

  it("each event and each fault with its index", () => {
    const events = [anEvent(), { no: "event" }, anEvent(), null, anEvent({ timestamp: "x" })];
    const batch = readEvents(events);
    // Valid events are sorted by event id.
    expect(batch.valid.map(({ index }) => index).sort()).toEqual([0, 2]);
    expect(batch.faults.map(({ index, code }) => [index, code])).toEqual(
      [1, 3, 4].map((n) => [n, "invalid-event"]),
    );
  });

  it("valid lines of NDJSON beside invalid ones, numbered without empty lines", () => {
    const [a, b] = [anEvent(), anEvent()];
    const lines = [
      JSON.stringify(a),
      "",
      "{cut",
      JSON.stringify({ ...b, payload: 1 }),
      JSON.stringify(b),
      "[]",
    ];
    const batch = read(lines.join("\n"), NDJSON);
    expect(idsOf(batch)).toEqual([a.event_id, b.event_id]);
    expect(batch.faults).toMatchObject([
      { index: 1, detail: "the line is not JSON" },
      { index: 2, pointer: "/payload" },
      { index: 4 },
    ]);
  });
});

describe("the limit of events", () => {
  const lines = (count: number): string =>
    Array.from({ length: count }, () => JSON.stringify(anEvent())).join("\n");

  it("allows 1,000 events", () => {
    expect(readEvents(Array.from({ length: MAX_EVENTS }, () => anEvent())).valid).toHaveLength(1_000);
    expect(read(lines(MAX_EVENTS), NDJSON).valid).toHaveLength(1_000);
  });

  it("refuses 1,001 items, even invalid ones", () => {
    expect(problemOf(JSON.stringify({ events: Array.from({ length: 1_001 }, () => 1) }))).toBe(
      "payload-too-large",
    );
    expect(problemOf(lines(1_001), NDJSON)).toBe("payload-too-large");
    expect(problemOf("x\n".repeat(1_001), NDJSON)).toBe("payload-too-large");
  });
});

describe("an invalid body", () => {
  it.each([
    "[]",
    "1",
    "null",
    '"text"',
    "true",
    '{"events":[]}',
    '{"events":{}}',
    '{"events":null}',
    '{"events":1e400}',
  ])("is refused whole: %s", (body) => {
    expect(problemOf(body)).toBe("invalid-body");
  });

  it.each(["other", "__proto__", "\ud800"])("is reported if it has a member %j beside events", (name) => {
    const result = attempt(`{"events":[${JSON.stringify(anEvent())}],${JSON.stringify(name)}:1}`, JSON_TYPE);
    expect(result).toMatchObject({
      code: "invalid-body",
      message: expect.stringContaining("unknown member"),
    });
    expect((result as Problem).message.isWellFormed()).toBe(true);
  });

  it.each(["", " ", "\n", "{", '{"a":1', "nul", "NaN", "{'a':1}", '{"a":1}{"b":2}', "\ufeff\ufeff{}"])(
    "is reported as invalid JSON: %j",
    (body) => {
      expect(problemOf(body)).toBe("invalid-json");
    },
  );

  it("is refused if it is NDJSON without events", () => {
    expect(problemOf("\n \r\n", NDJSON)).toBe("invalid-body");
  });

  it("is refused without an internal error if it is nested very deep", () => {
    const deep = (open: string, close: string, levels: number): string =>
      open.repeat(levels) + close.repeat(levels);
    const payloads = [
      deep("[", "]", 10_000),
      deep('{"a":', "}", 10_000).replace(":}", ":1.50}"),
      deep("[", "]", 400_000),
    ];
    for (const payload of payloads) {
      const event = JSON.stringify(anEvent({ event_id: "\u{1f600}", payload: 0 })).replace(
        '"payload":0',
        `"payload":{"a":${payload},"b":"\\ud83d\\ude00"}`,
      );
      for (const type of [JSON_TYPE, NDJSON]) expect(attempt(event, type)).not.toHaveProperty("valid.0");
      expect(problemOf(payload)).toBeDefined();
      expect(problemOf(payload, NDJSON) ?? attempt(payload, NDJSON)).toBeDefined();
    }
  });
});

describe("any body", () => {
  const text = fc.oneof(fc.string({ unit: "binary" }), fc.json());
  const member = fc.constantFrom("event_id", "event_type", "timestamp", "payload", "extra", "__proto__");
  /** An event with one member replaced by another value. */
  const almost = fc.tuple(member, fc.json()).map(([name, value]) => {
    const { [name]: _, ...rest } = anEvent();
    return `${JSON.stringify(rest).slice(0, -1)},${JSON.stringify(name)}:${value}}`;
  });
  const items = fc.array(fc.oneof(almost, fc.json()), { maxLength: 5 });
  const body = fc.oneof(
    text,
    almost,
    items.map((all) => `{"events":[${all.join(",")}]}`),
    items.map((all) => all.join("\n")),
    fc.tuple(items, fc.nat()).map(([all, cut]) => `{"events":[${all.join(",")}]}`.slice(0, cut % 300)),
  );

  it("is read or refused with a problem, and every item is counted once", () => {
    fc.assert(
      fc.property(body, fc.constantFrom(JSON_TYPE, NDJSON), fc.boolean(), (sent, type, base64) => {
        const result = attempt(base64 ? Buffer.from(sent) : sent, type);
        if (result instanceof Problem) {
          expect(result.status).toBeGreaterThanOrEqual(400);
          expect(result.status).toBeLessThan(500);
          expect(result.message.isWellFormed()).toBe(true);
          return;
        }
        const places = [...result.valid, ...result.faults]
          .map(({ index }) => index ?? -1)
          .sort((a, b) => a - b);
        expect(places).toEqual(places.map((_, place) => place));
        for (const { line, eventId } of result.valid) expect(parseLine(line).eventId).toBe(eventId);
      }),
      { numRuns: 3_000 },
    );
  });
});
