import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { plot } from "../../../cli/output/plot.ts";
import { cut, Table } from "../../../cli/output/table.ts";
import { inZone, parseDuration, readTime } from "../../../cli/output/time.ts";
import { Ledger } from "../../../cli/send/ledger.ts";

const plain = (_: string, text: string): string => text;

describe("a table", () => {
  const columns = [
    { head: "NAME", of: (row: string[]) => row[0] },
    { head: "N", of: (row: string[]) => row[1], right: true },
    { head: "LAST", of: (row: string[]) => row[2] },
  ];
  const rows = [
    ["漢字", "5", "a\u001b[2Jb"],
    ["é", "1000", "long ".repeat(8)],
  ];

  it("is aligned by what a terminal shows, without control characters", () => {
    expect(new Table(columns, { tsv: false, paint: plain, width: undefined }).lines(rows)).toEqual([
      "NAME     N  LAST",
      "漢字     5  a [2Jb",
      `é     1000  ${"long ".repeat(8).trim()}`,
    ]);
  });

  it("is cut to the width of a terminal", () => {
    expect(new Table(columns, { tsv: false, paint: plain, width: 20 }).lines(rows)[2]).toBe(
      "é     1000  long lo…",
    );
  });

  it("has tabs if asked for, and its head once", () => {
    const table = new Table(columns, { tsv: true, paint: plain, width: 20 });
    expect(table.lines(rows.slice(0, 1))).toEqual(["NAME\tN\tLAST", "漢字\t5\ta [2Jb"]);
    expect(table.lines(rows.slice(1))).toEqual([`é\t1000\t${"long ".repeat(8)}`]);
  });

  it("cuts between characters", () => {
    expect(cut("漢字漢字", 5)).toBe("漢字…");
    expect(cut("👨‍👩‍👧👨‍👩‍👧", 3)).toBe("👨‍👩‍👧…");
  });
});

describe("a plot", () => {
  const points = (counts: number[]) => counts.map((count, n) => ({ label: `0${n}:00`, count }));

  it("has columns as high as their counts, a scale and times", () => {
    expect(plot(points([0, 1, 2, 4]), { width: 60, height: 4, paint: plain })).toEqual([
      "4 ┤                  █████",
      "3 ┤                  █████",
      "2 ┤            █████ █████",
      "1 ┤      █████ █████ █████",
      "0 ┴────────────────────────",
      "   00:00       02:00",
    ]);
  });

  it("shows a count that is not 0, and sums neighbours if there are too many", () => {
    const lines = plot(points([1_000_000, 1]), { width: 40, height: 3, paint: plain });
    expect(lines[2]).toContain("▁");
    const many = plot(points(Array.from({ length: 200 }, () => 1)), { width: 60, height: 2, paint: plain });
    expect(many.at(-1)).toBe("One column is 4 buckets.");
    for (const line of many) expect(line.length).toBeLessThanOrEqual(64);
  });

  it("of nothing is empty", () => {
    expect(plot(points([0, 0]), { width: 60, height: 2, paint: plain }).join("\n")).not.toMatch(/[▁-█]/);
  });
});

describe("times", () => {
  it.each([
    ["15m", 900],
    ["36h", 129_600],
    ["7d", 604_800],
    ["1y", 31_536_000],
    ["0m", undefined],
    ["1.5h", undefined],
    ["m", undefined],
  ])("%s is %j seconds", (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });

  it("without an offset are those of the zone, also when clocks change", () => {
    expect(readTime("2026-03-29", "Europe/Berlin", "--start")).toBe("2026-03-28T23:00:00Z");
    expect(readTime("2026-03-30T00:00", "Europe/Berlin", "--start")).toBe("2026-03-29T22:00:00Z");
    expect(inZone("2026-11-01T12:00:00.123Z", "Asia/Kolkata")).toBe("2026-11-01T17:30:00.123+05:30");
    expect(inZone(null, "Asia/Kolkata")).toBeNull();
    expect(() => readTime("2026-02-30", "UTC", "--start")).toThrow("--start is not a time");
  });
});

describe("the ledger of a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "weir-ledger-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const rejection = (line: number) => ({ line, code: null, detail: "no", record: "x" });
  const linesIn = (file: string): number[] =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).line);

  it("counts up to the first record without an outcome, and writes rejections in their order", () => {
    const file = join(folder, "a");
    const ledger = new Ledger(file, { done: 0, rejected: 0, rejectedBytes: 0 });
    ledger.settle(3, rejection(3));
    ledger.settle(1);
    expect(ledger.flush()).toEqual({ done: 1, rejected: 0, rejectedBytes: 0 });
    ledger.settle(2, rejection(2));
    const state = ledger.flush();
    expect(state).toMatchObject({ done: 3, rejected: 2 });
    expect(linesIn(file)).toEqual([2, 3]);
    ledger.close();
  });

  it("continues after its last state, without what was written after it", () => {
    const file = join(folder, "b");
    const first = new Ledger(file, { done: 0, rejected: 0, rejectedBytes: 0 });
    first.settle(1, rejection(1));
    const state = first.flush();
    first.settle(2, rejection(2));
    first.flush();
    first.close();
    writeFileSync(file, `${readFileSync(file, "utf8")}cut o`);
    const second = new Ledger(file, state);
    second.settle(2, rejection(2));
    expect(second.flush()).toMatchObject({ done: 2, rejected: 2 });
    second.close();
    expect(linesIn(file)).toEqual([1, 2]);
  });
});
