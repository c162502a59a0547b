/** The verifier alone, with a trail made in memory and with edited files. */
import { sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Checkpoint, checkpointHash } from "../../../lib/trail/checkpoint.ts";
import { linesOf } from "../../../lib/trail/file.ts";
import { type TrailHeader, toLine } from "../../../lib/trail/trail.ts";
import { key, keys, trail } from "../../support/audit/made-trail.ts";
import { verifyText } from "../../support/audit/trail.ts";

const { items, checkpoints } = trail();
const lines = items.map(toLine);
const verify = (edited: readonly string[], copies: readonly Checkpoint[] = []) =>
  verifyText(edited.join(""), keys, copies);
/** Index of an item: the header, four seals of three entries, a checkpoint after each second. */
const SEAL = (number: number): number => 1 + (number - 1) * 4 + Math.floor((number - 1) / 2);

it("the verifier accepts an unedited file", async () => {
  const result = await verify(lines, checkpoints);
  const counts = { entries: 12, seals: 4, checkpoints: 2, withheld: 0 };
  expect(result).toMatchObject({ valid: true, signatures: "checked", ...counts });
  const { head } = checkpoints[1]?.lanes[0] ?? {};
  expect(result.head.lanes).toEqual([{ lane: 0, seals: 4, entries: 12, head }]);
});

describe("an edited file", () => {
  it("is detected if any line is missing or its end is cut off", async () => {
    for (const index of lines.keys()) {
      const result = await verify(lines.toSpliced(index, 1));
      expect([index, result.valid]).toEqual([index, false]);
    }
    for (let length = 0; length < lines.length; length++)
      expect([length, (await verify(lines.slice(0, length))).valid]).toEqual([length, false]);
  });

  it("is detected if any two lines are swapped, or any line is repeated", async () => {
    for (let index = 0; index + 1 < lines.length; index++) {
      const [first = "", second = ""] = lines.slice(index, index + 2);
      expect((await verify(lines.toSpliced(index, 2, second, first))).valid).toBe(false);
      expect((await verify(lines.toSpliced(index, 0, first))).valid).toBe(false);
    }
  });

  it("is detected, and the line named, if any value is altered", async () => {
    let changes = 0;
    for (const [index, line] of lines.entries())
      for (const { 0: text, index: at } of line.matchAll(/"[^"]*"(?=[,}\]])|\b\d+\b(?=[,}\]])|null|true/g)) {
        const other = text.startsWith('"') ? `"${text.slice(1, -1)}0"` : text === "null" ? '"x"' : "77";
        const edited = `${line.slice(0, at)}${other}${line.slice(at + text.length)}`;
        // Nothing else in the file confirms the header's time.
        if (index === 0 && text.includes("2026-03-02")) continue;
        const result = await verify(lines.with(index, edited), checkpoints);
        expect([edited, result.valid]).toEqual([edited, false]);
        changes += 1;
      }
    expect(changes).toBeGreaterThan(300);
    const at = SEAL(3) + 1;
    const broken = await verify(lines.with(at, "{"));
    expect(broken.first_invalid).toMatchObject({ kind: "file", line: at + 1 });
    const named = await verify(lines.with(at, (lines[at] ?? "").replace('"method"', '"METHOD"')));
    const first = { kind: "entry", lane: 0, seal: 3, leaf: 0, line: at + 1 };
    expect(named.first_invalid).toMatchObject(first);
  });

  it("can't pass as filtered unnoticed: missing entries are counted", async () => {
    const filtered = lines
      .toSpliced(SEAL(2) + 1, 3)
      .with(0, (lines[0] ?? "").replace('"filter":{}', '"filter":{"status":"200"}'));
    expect(await verify(filtered)).toMatchObject({ valid: true, entries: 9, withheld: 3 });
    const { first_invalid } = await verify(filtered.toSpliced(SEAL(3) - 3, 4));
    expect(first_invalid).toMatchObject({ kind: "seal", seal: 3 });
  });
});

describe("copies of checkpoints", () => {
  it("must all be in the trail, unchanged", async () => {
    const [first, second] = checkpoints as [Checkpoint, Checkpoint];
    const forged = { ...second, made_at: "2026-03-01T00:05:00Z" };
    const altered = await verify(lines, [first, forged]);
    expect(altered.first_invalid).toMatchObject({ kind: "checkpoint", checkpoint: 2 });
    const { signature: _, ...content } = forged;
    const signature = sign(null, Buffer.from(checkpointHash(content), "hex"), key.privateKey).toString("hex");
    const resigned = await verify(lines, [first, { ...content, signature }]);
    const reason = expect.stringContaining("your copy");
    expect(resigned.first_invalid).toMatchObject({ checkpoint: 2, reason });
  });

  it("reveal an export that ends too early but is valid by itself", async () => {
    const [, second] = checkpoints as [Checkpoint, Checkpoint];
    const header = items[0] as TrailHeader;
    const last = items[SEAL(3) - 1] as Checkpoint;
    const lanes = last.lanes.map((one) => ({ ...one, from: 1 }));
    const cutHeader = toLine({ ...header, lanes, checkpoints: 1, newest_checkpoint: null });
    const cut = [cutHeader, ...lines.slice(1, SEAL(3))];
    expect(await verify(cut)).toMatchObject({ valid: true, entries: 6 });
    const result = await verify(cut, [second]);
    expect(result.first_invalid).toMatchObject({ kind: "checkpoint", checkpoint: 2 });
    expect(result.first_invalid?.reason).toContain("its newest rows were deleted");
  });
});

it("linesOf splits at line feeds only", async () => {
  const pieces = async function* () {
    yield* ["a\u2028b\r", "c\nd", "", "\n", "e"];
  };
  expect(await Array.fromAsync(linesOf(pieces()))).toEqual(["a\u2028b\rc", "d", "e"]);
});
