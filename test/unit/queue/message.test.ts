import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseExact } from "../../../lib/base/json.ts";
import {
  headerMessage,
  openAudit,
  openHeader,
  parseLine,
  parseMessage,
  parseSetAside,
  toLine,
  toSetAside,
} from "../../../lib/queue/message.ts";

const text = fc.string({ unit: "binary" });
/** Payload text as ingest writes it. */
const payload = fc
  .oneof(fc.json(), fc.constantFrom('{"n":1e400}', '{"n":0.10}', '{"t":"\\t\\n"}', '{"__proto__":{}}'))
  .map((json) => JSON.stringify(parseExact(json)));
const event = fc.record({ eventId: text, eventType: text, timestamp: text, payload });

describe("a line that is set aside", () => {
  it("keeps its reason, detail and event, on one line", () => {
    fc.assert(
      fc.property(text, text, event, (reason, detail, sent) => {
        const line = toSetAside({ reason, detail, line: toLine(sent) });
        expect(line).not.toContain("\n");
        expect(parseSetAside(line)).toEqual({ reason, detail, line: toLine(sent) });
        // As the version before reads it.
        expect(() => parseLine(line)).toThrow(SyntaxError);
      }),
    );
  });

  it("is not one of another event, and is refused if it does not say why", () => {
    fc.assert(
      fc.property(event, (sent) => {
        expect(parseSetAside(toLine(sent))).toBeUndefined();
      }),
    );
    for (const line of ["!", "!\t{}", '!{"reason":"r"}\t[]', '!["r"'])
      expect(() => parseSetAside(line)).toThrow(SyntaxError);
  });
});

describe("a line", () => {
  it("is read back unchanged, with any characters", () => {
    fc.assert(
      fc.property(event, (one) => {
        const line = toLine(one);
        expect(line).not.toContain("\n");
        expect(parseLine(line)).toEqual(one);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each([
    "",
    "no tab",
    "\t{}",
    'not json\t{"a":1}',
    '["cut',
    '["a","b"\t{}',
    '["a","b"]\t{}',
    '["a","b",1]\t{}',
    "null\t{}",
    "5\t{}",
  ])("is refused if it is invalid: %j", (line) => {
    expect(() => parseLine(line)).toThrow(SyntaxError);
  });
});

const audit = {
  method: "POST",
  route: "/v1/events",
  path: "/v1/events",
  address: null,
  user_agent: 'a "quoted"\n\tname \\ \u2028 ß😀',
  bytes_in: 1,
};
const OUTCOME = '"client_id":"acme","key_prefix":null,"status":202,"duration_ms":3,"bytes_out":7}';

describe("a message", () => {
  it("consists of its header and its lines, with any content", () => {
    fc.assert(
      fc.property(fc.array(event), text, text, (events, id, path) => {
        const lines = events.map(toLine);
        const start = openHeader({ id, at: 1_764_000_000_000, unqueued: [path] });
        const head = `${start}${openAudit({ ...audit, path })}${OUTCOME},"accepted":${lines.length}}`;
        const message = parseMessage([head, ...lines].join("\n"));
        expect(message.header).toEqual({
          v: 1,
          id,
          at: 1_764_000_000_000,
          unqueued: [path],
          audit: {
            ...audit,
            path,
            client_id: "acme",
            key_prefix: null,
            status: 202,
            duration_ms: 3,
            bytes_out: 7,
          },
          accepted: lines.length,
        });
        expect(message.lines.map(parseLine)).toEqual(events);
      }),
    );
  });

  it("may have a header only", () => {
    const header = { v: 1, id: "i", at: 5, health: { at: "t", status: "ok", checks: { a: "\n" } } } as const;
    const { body, events } = headerMessage(header);
    expect(events).toBe(0);
    expect(parseMessage(body)).toEqual({ header, lines: [] });
  });

  it.each(["", "x", "{}", "null", "[]", '{"v":2,"id":"i","at":1}', '{"v":1,"id":"i"}', '{"v":1,"at":1}'])(
    "is refused if it is invalid: %j",
    (body) => {
      expect(() => parseMessage(body)).toThrow();
    },
  );
});
