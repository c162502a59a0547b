/** What `weir send` makes of bytes: lines, JSON values and rows, wherever a chunk ends. */
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { complete } from "../../../cli/send/complete.ts";
import { readValues } from "../../../cli/send/json-values.ts";
import { readLines } from "../../../cli/send/lines.ts";
import { formatOf, readRecords } from "../../../cli/send/records.ts";

const NO_TABLE = { map: [], onlyMapped: false, infer: false, zone: "UTC", delimiter: "," };

/** The bytes in chunks of a size. */
const inChunks = (bytes: Buffer, size: number): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) =>
      bytes.subarray(n * size, (n + 1) * size),
    ),
  );
const records = (
  text: string | Buffer,
  format: Parameters<typeof readRecords>[1],
  table = NO_TABLE,
  size = 7,
) => Array.fromAsync(readRecords({ stream: inChunks(Buffer.from(text), size) }, format, table));

describe("lines", () => {
  it("are the same whatever the chunks, and blank ones are none", async () => {
    const text = '{"a":"ß€😀"}\r\n\n  \n{"b":2}';
    for (const size of [1, 2, 3, 5, 1_000])
      expect(await Array.fromAsync(readLines(inChunks(Buffer.from(text), size)))).toEqual([
        { line: 1, text: '{"a":"ß€😀"}' },
        { line: 4, text: '{"b":2}' },
      ]);
  });

  it("that are not UTF-8 or no event are faults of their own", async () => {
    const bytes = Buffer.concat([
      Buffer.from('{"payload":{}}\n"\xff"\n', "latin1"),
      Buffer.from('{"x":1}\n[]\nno'),
    ]);
    expect(await records(bytes, "ndjson")).toMatchObject([
      { ordinal: 1, event: { payload: {} } },
      { ordinal: 2, line: 2, fault: "The line is not UTF-8." },
      { ordinal: 3, fault: 'The event has an unknown member "x".' },
      { ordinal: 4, fault: "It is not a JSON object." },
      { ordinal: 5, fault: expect.stringMatching(/^It is not JSON: /), text: "no" },
    ]);
  });
});

describe("JSON values", () => {
  it("are cut out of an array or a sequence as JSON.parse reads them, whatever the chunks", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 6 }),
        fc.constantFrom("array", "pretty", "sequence"),
        fc.integer({ min: 1, max: 20 }),
        async (values, form, size) => {
          const text =
            form === "sequence"
              ? values.map((value) => JSON.stringify(value)).join(values.length % 2 ? "" : "\n")
              : JSON.stringify(values, null, form === "pretty" ? 2 : 0);
          const cut = await Array.fromAsync(readValues(inChunks(Buffer.from(text), size)));
          expect(cut.map((one) => JSON.parse(one.text))).toEqual(JSON.parse(JSON.stringify(values)));
        },
      ),
    );
  });

  it("that end too early are an error of the whole input", async () => {
    await expect(records('[{"payload":{}},{"pay', "json")).rejects.toThrow("The input ends within value 2.");
  });
});

describe("rows", () => {
  it("may have quoted line breaks, a byte order mark and another delimiter; lines are counted as in the file", async () => {
    const text = '\ufeffevent_id;note\n1;"a;b\nc"\n\n2;x\n3\n';
    expect(await records(text, "csv", { ...NO_TABLE, delimiter: ";" })).toMatchObject([
      { ordinal: 1, line: 2, event: { event_id: "1", payload: { note: "a;b\nc" } } },
      { ordinal: 2, line: 5, event: { event_id: "2" }, text: "2;x" },
      { ordinal: 3, line: 6, fault: "The row has 1 cells; the head has 2.", text: "3" },
    ]);
  });

  it.each([
    ["", "has no head"],
    ["a,a\n1,2\n", 'Two columns have the name "a".'],
    ['a,b\n1,"x', "The table can't be read: Quote Not Closed"],
    [Buffer.from("a\n\xff\xfe\n", "latin1"), "not UTF-8"],
  ])("of %j are refused: %s", async (text, message) => {
    await expect(records(text, "csv")).rejects.toThrow(message);
  });
});

it.each([
  ["a/b.CSV", "", "csv"],
  ["x.tsv.gz", "", "tsv"],
  ["x.jsonl", "[", "ndjson"],
  ["x.json", "", "json"],
  [undefined, ' \n{"a":1}', "ndjson"],
  ["data", "\ufeff[", "json"],
])("the format of %j that begins with %j is %s", (file, start, format) => {
  expect(formatOf(file, Buffer.from(start))).toBe(format);
});

it("the format of other text must be specified", () => {
  expect(() => formatOf(undefined, Buffer.from("id,when"))).toThrow("Specify --format");
});

describe("an event without an id", () => {
  const startedAt = "2026-11-01T00:00:00.000Z";
  const at = "2026-10-01T00:00:00Z";
  const idOf = (ordinal: number, text: string, timestamp: string | undefined, started = startedAt) =>
    complete(
      { ordinal, line: 1, text, event: { payload: {}, ...(timestamp !== undefined && { timestamp }) } },
      { type: "t", startedAt: started },
    ).event_id;

  it("gets the same id each time, another one for another text or place", () => {
    expect(idOf(1, "a", at)).toBe(idOf(1, "a", at, "2027-01-01T00:00:00Z"));
    expect(idOf(1, "a", at)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(new Set([idOf(1, "a", at), idOf(2, "a", at), idOf(1, "b", at)]).size).toBe(3);
  });

  it("and without a time is another event in another run", () => {
    expect(idOf(1, "a", undefined)).toBe(idOf(1, "a", undefined));
    expect(idOf(1, "a", undefined)).not.toBe(idOf(1, "a", undefined, "2027-01-01T00:00:00Z"));
  });

  it("and without a type is refused", () => {
    const record = { ordinal: 1, line: 1, text: "", event: { payload: {} } };
    expect(() => complete(record, { type: undefined, startedAt })).toThrow("no event_type");
  });
});
