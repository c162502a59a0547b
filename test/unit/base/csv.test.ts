import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvLine } from "../../../lib/base/csv.ts";
import { parseCsv } from "../../support/http/csv.ts";

describe("csvLine", () => {
  it("quotes exactly what RFC 4180 requires", () => {
    expect(csvLine(["a", "b c", 1.5, "x,y", 'say "hi"', "two\nlines", "", "ü"])).toBe(
      'a,b c,1.5,"x,y","say ""hi""","two\nlines",,ü\r\n',
    );
  });

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "'already"])(
    "puts an apostrophe before %j",
    (text) => {
      expect(parseCsv(csvLine([text]))).toEqual([[`'${text}`]]);
    },
  );

  it("is read back unchanged, for any texts", () => {
    const cell = fc.oneof(
      fc.string({ unit: "grapheme" }),
      fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", "=", "'", "a") }),
    );
    fc.assert(
      fc.property(fc.array(fc.array(cell, { minLength: 2, maxLength: 4 })), (lines) => {
        const read = parseCsv(lines.map((line) => csvLine(line)).join(""));
        expect(read.map((line) => line.map((text) => text.replace(/^'/, "")))).toEqual(lines);
        for (const text of read.flat()) expect(text).not.toMatch(/^[=+\-@\t\r\n]/);
      }),
    );
  });
});
