import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { closedBefore } from "../../../lib/archive/archive.ts";
import { limitOf } from "../../../lib/archive/archive-day.ts";
import { type ArchivedEvent, microsOf, sizeOf, utcText } from "../../../lib/archive/archived-event.ts";
import { fileKey, manifestKey, manifestOf } from "../../../lib/archive/manifest.ts";
import { FileWriter, readFile } from "../../../lib/archive/parquet.ts";
import type { ArchiveFile } from "../../../lib/archive/sql/files.ts";

const DAY = { clientId: "acme", day: "2026-03-01" };

const aFile = (part: number, overrides: Partial<ArchiveFile> = {}): ArchiveFile => ({
  part,
  from: { time: "2026-03-01T00:00:00.000000Z", id: "" },
  content: {
    rows: 10 + part,
    bytes: 100,
    sha256: "ab",
    minTime: `2026-03-01T0${part}:00:00.000001Z`,
    maxTime: `2026-03-01T0${part}:59:59.999999Z`,
  },
  pending: null,
  ...overrides,
});

describe("a manifest", () => {
  it("sums up its files, in the order of their events", () => {
    const manifest = manifestOf(DAY, [aFile(0), aFile(4), aFile(1)], {
      feed: null,
      at: "2026-03-02T06:00:00Z",
    });
    expect(manifest).toMatchObject({
      version: 1,
      client: "acme",
      day: "2026-03-01",
      rows: 35,
      min_time: "2026-03-01T00:00:00.000001Z",
      max_time: "2026-03-01T01:59:59.999999Z",
    });
    expect(manifest.files.map(({ name }) => name)).toEqual([
      "part-00000.parquet",
      "part-00004.parquet",
      "part-00001.parquet",
    ]);
  });

  it.each([{ content: null }, { pending: "cd" }])("is not made while a file is not written: %j", (file) => {
    expect(() => manifestOf(DAY, [aFile(0), aFile(1, file)], { feed: null, at: "" })).toThrow(/File 1/);
  });

  it("lies beside its files, with a name that engines skip", () => {
    expect(fileKey(DAY, 12)).toBe("events/client=acme/day=2026-03-01/part-00012.parquet");
    expect(manifestKey(DAY)).toBe("events/client=acme/day=2026-03-01/_manifest.json");
  });
});

describe("a file", () => {
  const text = fc.string({ unit: "binary" });
  const micros = fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n });
  const anEvent = fc.record<ArchivedEvent>({
    event_id: text,
    event_type: text,
    event_time: micros,
    received_at: micros,
    processed_at: micros,
    receipt_id: fc.uuid(),
    traceparent: fc.option(text),
    payload: fc.json(),
  });

  it("returns the events that were written, whatever they are and however they are grouped", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(anEvent, { minLength: 1 }),
        fc.integer({ min: 1, max: 2_000 }),
        async (events, bytes) => {
          const file = new FileWriter(bytes);
          for (const event of events) file.add(event);
          const groups = await Array.fromAsync(readFile(file.finish()));
          expect(groups.flat()).toEqual(events);
          for (const group of groups.slice(0, -1))
            expect(group.slice(0, -1).reduce((sum, event) => sum + sizeOf(event), 0)).toBeLessThan(bytes);
        },
      ),
      { numRuns: 50 },
    );
  });

  it("converts times between text and microseconds", () => {
    for (const at of [
      "1969-12-31T23:59:59.999999Z",
      "2026-03-01T12:00:00.000001Z",
      "0001-01-01T00:00:00.000000Z",
    ])
      expect(utcText(microsOf(at))).toBe(at);
    expect(microsOf("1970-01-01T00:00:01.000002Z")).toBe(1_000_002n);
  });
});

describe("a file that is written again", () => {
  it("grows by half, and is divided evenly beyond that", () => {
    expect(limitOf(100, 100)).toBe(200);
    expect(limitOf(150, 100)).toBe(200);
    expect(limitOf(151, 100)).toBe(75.5);
    expect(limitOf(1_001, 100)).toBe(91);
  });
});

describe("a day", () => {
  it("is closed six hours after its end", () => {
    const closed = (text: string): string => closedBefore(Date.parse(text));
    expect(closed("2026-03-02T05:59:59.999Z")).toBe("2026-03-01T00:00:00.000Z");
    expect(closed("2026-03-02T06:00:00.000Z")).toBe("2026-03-02T00:00:00.000Z");
  });
});
