import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExact } from "../../../lib/base/json.ts";
import { eventSchema, readEvent } from "../../../lib/ingest/event.ts";
import { parseLine } from "../../../lib/queue/message.ts";

const NOW = Date.UTC(2026, 10, 23);
const WINDOW = { from: NOW - 86_400_000, to: NOW + 86_400_000 };
const TIME = "2026-11-23T06:00:00Z";

const read = (value: unknown) => readEvent(value, 4, { window: WINDOW, unsure: true, seed: [1, 2] });
const event = (overrides: object = {}): object => ({
  event_id: "e-1",
  event_type: "order.placed",
  timestamp: TIME,
  payload: {},
  ...overrides,
});
/** Reads an event from JSON text, since some values can't be written otherwise. @param payload JSON text */
const withPayload = (payload: string) =>
  read(parseExact(`{"event_id":"e-1","event_type":"t","timestamp":"${TIME}","payload":${payload}}`));

const fault = (pointer: string, detail: unknown) => ({
  index: 4,
  code: "invalid-event",
  pointer,
  detail,
  retryable: false,
});

describe("a valid event", () => {
  it("becomes a line, with its time in UTC", () => {
    const result = read(event({ timestamp: "2026-11-23T06:00:00.123456+01:00", payload: { a: [1, "ß"] } }));
    expect(result).toMatchObject({ index: 4, eventId: "e-1", seenId: "=e-1" });
    expect("line" in result && parseLine(result.line)).toEqual({
      eventId: "e-1",
      eventType: "order.placed",
      timestamp: "2026-11-23T05:00:00.123456Z",
      payload: '{"a":[1,"ß"]}',
    });
  });

  it.each([
    '{"n":12345678901234567890,"m":-0,"x":1e400,"c":1.50}',
    '{"__proto__":{"a":1}}',
    '{"rawJSON":"5"}',
    "{}",
  ])("keeps the payload %s", (payload) => {
    const result = withPayload(payload);
    expect("line" in result && parseLine(result.line).payload).toBe(payload);
  });

  it("has the same digest for the same content under another id, and a different one for other content", () => {
    const digest = (overrides: object): unknown => {
      const result = read(event(overrides));
      return "digest" in result ? result.digest : undefined;
    };
    const one = digest({});
    expect(one).toEqual(expect.any(String));
    expect(digest({ event_id: "other" })).toBe(one);
    expect(digest({ timestamp: "2026-11-23T07:00:00+01:00" })).toBe(one);
    const later = { timestamp: "2026-11-23T06:00:00.000001Z" };
    for (const other of [{ event_type: "x" }, later, { payload: { a: 1 } }])
      expect(digest(other)).not.toBe(one);
  });
});

describe("event_id and event_type", () => {
  it.each(["event_id", "event_type"])("%s has 1 to 200 characters, counted as code points", (name) => {
    for (const good of ["x", "x".repeat(200), "😀".repeat(200), "ß".repeat(200), " "])
      expect(read(event({ [name]: good }))).toHaveProperty("line");
    for (const bad of ["", "x".repeat(201), "😀".repeat(201), "e\u0301".repeat(101)])
      expect(read(event({ [name]: bad }))).toMatchObject(
        fault(`/${name}`, expect.stringContaining(`${name}: `)),
      );
  });

  it.each([[1], [null], [["a"]], [{}], [true]])("are text, not %j", (value) => {
    expect(read(event({ event_id: value }))).toMatchObject({
      ...fault("/event_id", expect.any(String)),
      event_id: null,
    });
    expect(read(event({ event_type: value }))).toMatchObject({ pointer: "/event_type", event_id: "e-1" });
  });

  it.each(["a\0b", "\ud800", "x\udc00", "\udc00\ud800"])(
    "may not contain what PostgreSQL can't store: %j",
    (text) => {
      for (const name of ["event_id", "event_type"]) {
        const detail = expect.stringMatching(new RegExp(`^${name} contains a (NUL|lone surrogate)`));
        expect(read(event({ [name]: text }))).toMatchObject(fault(`/${name}`, detail));
      }
    },
  );
});

describe("timestamp", () => {
  const at = (ms: number): object => event({ timestamp: new Date(ms).toISOString() });

  it("is within the window, both ends included", () => {
    expect(read(at(WINDOW.from))).toHaveProperty("line");
    expect(read(at(WINDOW.to))).toHaveProperty("line");
    const wrong = (detail: string) => fault("/timestamp", `timestamp is ${detail}`);
    expect(read(at(WINDOW.from - 1))).toMatchObject(wrong("older than the retention period"));
    expect(read(at(WINDOW.to + 1))).toMatchObject(wrong("more than 24 hours ahead"));
    expect(read(event({ timestamp: "0001-01-01T00:00:00Z" }))).toMatchObject({ detail: /older/ });
    expect(read(event({ timestamp: "9999-12-31T23:59:59Z" }))).toMatchObject({ detail: /ahead/ });
  });

  it.each(["2026-11-23", "now", "", "10000-01-01T00:00:00Z", "2026-02-30T00:00:00Z"])(
    "must not be %j",
    (timestamp) => {
      expect(read(event({ timestamp }))).toMatchObject(
        fault("/timestamp", expect.stringContaining("RFC 3339")),
      );
    },
  );

  it("must be text", () => {
    expect(read(event({ timestamp: NOW }))).toMatchObject(fault("/timestamp", expect.any(String)));
  });
});

describe("payload", () => {
  it.each(["null", "[]", '"{}"', "1", "1.0", "1e400", "true"])("must be an object, not %s", (payload) => {
    expect(withPayload(payload)).toMatchObject(fault("/payload", expect.stringContaining("expected object")));
  });

  it("is nested at most 100 levels deep", () => {
    const nested = (levels: number, core = "1"): string =>
      `{"a":${"[".repeat(levels - 1)}${core}${"]".repeat(levels - 1)}}`;
    expect(withPayload(nested(100))).toHaveProperty("line");
    // The last one sends the search for what PostgreSQL can't store all the way down, if that comes first.
    for (const deep of [nested(101), nested(10_000), nested(100_000, '"\\u0000"')])
      expect(withPayload(deep)).toMatchObject(
        fault("/payload", expect.stringContaining("more than 100 levels")),
      );
  });

  it.each([
    ['{"a":["x","y\\u0000"]}', "/payload/a/1"],
    ['{"a":{"b/c~d":"\\ud800"}}', "/payload/a/b~1c~0d"],
    ['{"a":{"\\udfff":1}}', "/payload/a"],
    ['{"\\u0000":1}', "/payload"],
    ['{"__proto__":{"a":"\\u0000"}}', "/payload/__proto__/a"],
  ])("may not contain what PostgreSQL can't store: %s", (payload, pointer) => {
    expect(withPayload(payload)).toMatchObject(fault(pointer, expect.stringMatching(/NUL|surrogate/)));
  });
});

describe("an invalid event", () => {
  it.each(["event_id", "event_type", "timestamp", "payload"])(
    "is reported with the missing member %s",
    (name) => {
      const { [name]: _, ...rest } = event() as Record<string, unknown>;
      expect(read(rest)).toMatchObject(fault(`/${name}`, `${name} is missing`));
    },
  );

  it.each(["extra", "Event_id", "a/b~c", "constructor", "toString", "", " ", "ключ"])(
    "is reported with the unknown member %j",
    (name) => {
      const pointer = `/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
      expect(read(event({ [name]: 1 }))).toMatchObject(
        fault(pointer, `unknown member ${JSON.stringify(name)}`),
      );
    },
  );

  it("is reported with an unknown member called __proto__", () => {
    const text = JSON.stringify(event()).replace("{", '{"__proto__":{"event_id":"x"},');
    expect(read(parseExact(text))).toMatchObject(fault("/__proto__", 'unknown member "__proto__"'));
  });

  it("does not get members from its prototype", () => {
    const text = `{"__proto__":${JSON.stringify(event())}}`;
    expect(read(parseExact(text))).toMatchObject({ code: "invalid-event" });
  });

  it.each([null, 1, "text", [], [event()], true, {}])("is reported if it is %j", (value) => {
    expect(read(value)).toMatchObject({ index: 4, event_id: null, code: "invalid-event" });
  });

  it("is reported with its id and pointer cut to 200 characters", () => {
    expect(read(event({ event_id: "x".repeat(500) }))).toMatchObject({ event_id: "x".repeat(200) });
    expect(read(event({ event_id: "😀".repeat(500) }))).toMatchObject({ event_id: "😀".repeat(200) });
    const member = `x${"😀".repeat(500)}`;
    expect(read(event({ [member]: 1 }))).toMatchObject({ pointer: `/x${"😀".repeat(199)}` });
    expect(read(event({ event_id: `\ud800${"x".repeat(500)}` }))).toMatchObject({ event_id: null });
  });
});

it("an event is accepted exactly if the schema accepts it", () => {
  const name = fc.oneof(
    fc.string({ maxLength: 5 }),
    fc.constantFrom("x".repeat(200), "x".repeat(201), "😀".repeat(100), "😀".repeat(101)),
  );
  const other = fc.oneof(name, fc.constantFrom(null, 1, true, undefined, [], ["a"], {}, { a: 1 }));
  const mostly = (usual: fc.Arbitrary<unknown>) =>
    fc.oneof({ weight: 6, arbitrary: usual }, { weight: 1, arbitrary: other });
  const members = {
    event_id: mostly(name),
    event_type: mostly(name),
    timestamp: mostly(fc.constant(TIME)),
    payload: mostly(fc.constant({ a: [] })),
  };
  const value = fc.oneof(
    { weight: 6, arbitrary: fc.record(members) },
    { weight: 1, arbitrary: fc.record(members, { requiredKeys: ["event_id"] }) },
    { weight: 1, arbitrary: fc.record({ ...members, more: other }) },
    { weight: 1, arbitrary: fc.oneof(fc.tuple(name, name, name, name), other) },
  );
  const seen = { accepted: 0, refused: 0 };
  fc.assert(
    fc.property(value, (one) => {
      const { success } = eventSchema.safeParse(one);
      seen[success ? "accepted" : "refused"]++;
      const result = read(one);
      // The schema does not check that the time is one.
      const isTimeless = "pointer" in result && result.detail.startsWith("timestamp must be an RFC 3339");
      expect("line" in result || isTimeless).toBe(success);
    }),
    { numRuns: 2_000 },
  );
  expect(seen.accepted).toBeGreaterThan(100);
  expect(seen.refused).toBeGreaterThan(100);
});
