/** The verifier by itself: a trail made in memory, and files that somebody has edited. */
import { sign } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type Checkpoint, checkpointHash, keyId } from "../../lib/trail/checkpoint.ts";
import { commitmentOf, type Entry, leafOf } from "../../lib/trail/entry.ts";
import { linesOf } from "../../lib/trail/file.ts";
import { rootOf } from "../../lib/trail/merkle.ts";
import { NO_SEAL, sealed } from "../../lib/trail/seal.ts";
import { type EntryItem, type TrailHeader, type TrailItem, toLine } from "../../lib/trail/trail.ts";
import { signingKey, verifyText } from "../support/trail.ts";

const key = signingKey();
const keys = [key.publicKey];

const entryAt = (seal: number, leaf: number): EntryItem => {
  // Ends no line, whatever some libraries say.
  const personal = { salt: "00ff".repeat(8), address: "192.0.2.1", user_agent: "a\u2028b" };
  const entry: Entry = {
    v: 1,
    at: `2026-03-01T00:00:0${seal}.00000${leaf}Z`,
    request_id: `0190aaaa-0000-7000-8000-00000000000${leaf}`,
    client_id: "acme",
    key_prefix: null,
    method: "GET",
    route: "/v1/events",
    path: "/v1/events",
    status: 200,
    duration_ms: 3,
    bytes_in: 0,
    bytes_out: 10,
    change: leaf === 0 ? { before: null, after: { name: "ü", __proto__: null } } : null,
    personal: commitmentOf(personal),
  };
  return { type: "entry", lane: 0, seal, leaf, hash: leafOf(entry), entry, personal };
};

/** Four seals of three entries in one lane, with a checkpoint after each second. */
function trail(): { items: TrailItem[]; checkpoints: Checkpoint[] } {
  const items: TrailItem[] = [];
  const checkpoints: Checkpoint[] = [];
  let head = NO_SEAL;
  for (let number = 1; number <= 4; number++) {
    const entries = [0, 1, 2].map((leaf) => entryAt(number, leaf));
    const one = sealed({
      v: 1,
      lane: 0,
      seal: number,
      day: "2026-03-01",
      entries: 3,
      total: number * 3,
      sealed_at: "2026-03-01T00:01:00.000000Z",
      root: rootOf(entries.map(({ hash }) => hash)),
      previous: head,
    });
    head = one.hash;
    items.push({ type: "seal", ...one }, ...entries);
    if (number % 2) continue;
    const before = checkpoints.at(-1);
    const content = {
      v: 1 as const,
      checkpoint: number / 2,
      made_at: `2026-03-01T00:0${number}:00Z`,
      previous: before ? checkpointHash(before) : NO_SEAL,
      lanes: [{ lane: 0, seals: number, entries: number * 3, head }],
      expired_before: null,
      key_id: keyId(key.publicKey),
    };
    const signature = sign(null, Buffer.from(checkpointHash(content), "hex"), key.privateKey).toString("hex");
    checkpoints.push({ ...content, signature });
    items.push({ type: "checkpoint", ...content, signature });
  }
  const header: TrailHeader = {
    type: "trail",
    v: 1,
    made_at: "2026-03-02T00:00:00Z",
    filter: {},
    lanes: [{ lane: 0, from: 1, seals: 4, entries: 12, head }],
    checkpoints: 2,
    expired_before: null,
    newest_checkpoint: checkpoints.at(-1) ?? null,
  };
  return { items: [header, ...items], checkpoints };
}

const { items, checkpoints } = trail();
const lines = items.map(toLine);
const verify = (edited: readonly string[], copies: readonly Checkpoint[] = []) =>
  verifyText(edited.join(""), keys, copies);
/** Index of an item: the header, four seals of three entries, a checkpoint after each second. */
const SEAL = (number: number): number => 1 + (number - 1) * 4 + Math.floor((number - 1) / 2);

it("accepts what nobody edited", async () => {
  const result = await verify(lines, checkpoints);
  expect(result).toMatchObject({
    valid: true,
    entries: 12,
    seals: 4,
    checkpoints: 2,
    withheld: 0,
    signatures: "checked",
  });
  expect(result.head.lanes).toEqual([
    { lane: 0, seals: 4, entries: 12, head: checkpoints[1]?.lanes[0]?.head },
  ]);
});

describe("a file that was edited", () => {
  it("is found out by any line that is gone, but for copies of checkpoints at its end", async () => {
    for (const index of lines.keys()) {
      const result = await verify(lines.toSpliced(index, 1));
      expect([index, result.valid]).toEqual([index, false]);
    }
    for (let length = 0; length < lines.length; length++)
      expect([length, (await verify(lines.slice(0, length))).valid]).toEqual([length, false]);
  });

  it("is found out by any two lines that changed places, and any line that is there twice", async () => {
    for (let index = 0; index + 1 < lines.length; index++) {
      const [first = "", second = ""] = lines.slice(index, index + 2);
      expect((await verify(lines.toSpliced(index, 2, second, first))).valid).toBe(false);
      expect((await verify(lines.toSpliced(index, 0, first))).valid).toBe(false);
    }
  });

  it("is found out by any value that is another, and the line is named", async () => {
    let changes = 0;
    for (const [index, line] of lines.entries())
      for (const { 0: text, index: at } of line.matchAll(/"[^"]*"(?=[,}\]])|\b\d+\b(?=[,}\]])|null|true/g)) {
        const other = text.startsWith('"') ? `"${text.slice(1, -1)}0"` : text === "null" ? '"x"' : "77";
        const edited = `${line.slice(0, at)}${other}${line.slice(at + text.length)}`;
        // The header's time is told by nobody else.
        if (index === 0 && text.includes("2026-03-02")) continue;
        const result = await verify(lines.with(index, edited), checkpoints);
        expect([edited, result.valid]).toEqual([edited, false]);
        changes += 1;
      }
    expect(changes).toBeGreaterThan(300);
    const broken = await verify(lines.with(SEAL(3) + 1, "{"));
    expect(broken.first_invalid).toMatchObject({ kind: "file", line: SEAL(3) + 2 });
    const named = await verify(
      lines.with(SEAL(3) + 1, (lines[SEAL(3) + 1] ?? "").replace('"method"', '"METHOD"')),
    );
    expect(named.first_invalid).toMatchObject({
      kind: "entry",
      lane: 0,
      seal: 3,
      leaf: 0,
      line: SEAL(3) + 2,
    });
  });

  it("may not call itself filtered to an auditor who looks: what is missing is counted", async () => {
    const filtered = lines
      .toSpliced(SEAL(2) + 1, 3)
      .with(0, (lines[0] ?? "").replace('"filter":{}', '"filter":{"status":"200"}'));
    expect(await verify(filtered)).toMatchObject({ valid: true, entries: 9, withheld: 3 });
    expect((await verify(filtered.toSpliced(SEAL(3) - 3, 4))).first_invalid).toMatchObject({
      kind: "seal",
      seal: 3,
    });
  });
});

describe("copies of checkpoints", () => {
  it("must all be in the trail, as they are", async () => {
    const [first, second] = checkpoints as [Checkpoint, Checkpoint];
    const forged = { ...second, made_at: "2026-03-01T00:05:00Z" };
    expect((await verify(lines, [first, forged])).first_invalid).toMatchObject({
      kind: "checkpoint",
      checkpoint: 2,
    });
    const { signature: _, ...content } = forged;
    const signature = sign(null, Buffer.from(checkpointHash(content), "hex"), key.privateKey).toString("hex");
    const resigned = await verify(lines, [first, { ...content, signature }]);
    expect(resigned.first_invalid).toMatchObject({
      checkpoint: 2,
      reason: expect.stringContaining("your copy"),
    });
  });

  it("show an export that ends too early, which by itself is in order", async () => {
    const [, second] = checkpoints as [Checkpoint, Checkpoint];
    const header = items[0] as TrailHeader;
    const last = items[SEAL(3) - 1] as Checkpoint;
    const cut = [
      toLine({
        ...header,
        lanes: last.lanes.map((one) => ({ ...one, from: 1 })),
        checkpoints: 1,
        newest_checkpoint: null,
      }),
      ...lines.slice(1, SEAL(3)),
    ];
    expect(await verify(cut)).toMatchObject({ valid: true, entries: 6 });
    const result = await verify(cut, [second]);
    expect(result.first_invalid).toMatchObject({ kind: "checkpoint", checkpoint: 2 });
    expect(result.first_invalid?.reason).toContain("its newest rows were cut off");
  });
});

it("cuts lines at line feeds only", async () => {
  const pieces = async function* () {
    yield* ["a\u2028b\r", "c\nd", "", "\n", "e"];
  };
  expect(await Array.fromAsync(linesOf(pieces()))).toEqual(["a\u2028b\rc", "d", "e"]);
});
