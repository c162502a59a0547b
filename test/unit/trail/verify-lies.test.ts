/** The writer of a trail can hash anything: contradictions are still detected. */
import { describe, expect, it } from "vitest";
import type { CheckpointContent } from "../../../lib/trail/checkpoint.ts";
import { leafOf } from "../../../lib/trail/entry.ts";
import type { SealContent } from "../../../lib/trail/seal.ts";
import { type EntryItem, type TrailHeader, type TrailItem, toLine } from "../../../lib/trail/trail.ts";
import { entryAt, keys, type Lies, trail } from "../../support/audit/made-trail.ts";
import { verifyText } from "../../support/audit/trail.ts";

describe("a wrong trail that is hashed and signed", () => {
  const seal3 = (change: object) => ({
    seal: (one: SealContent) => (one.seal === 3 ? { ...one, ...change } : one),
  });
  const second = (change: object) => ({
    checkpoint: (one: CheckpointContent) => (one.checkpoint === 2 ? { ...one, ...change } : one),
  });
  const lane = (change: object) => ({
    checkpoint: (one: CheckpointContent) =>
      one.checkpoint === 2 ? { ...one, lanes: one.lanes.map((head) => ({ ...head, ...change })) } : one,
  });
  const entries3 = (change: (entries: EntryItem[]) => TrailItem[]) => ({
    entries: (seal: number, entries: EntryItem[]) => (seal === 3 ? change(entries) : entries),
  });
  const seal = (number: number, reason: string) => ({ kind: "seal", seal: number, reason });
  const checkpoint = (number: number, reason: string) => ({ kind: "checkpoint", checkpoint: number, reason });
  const entry = (ofSeal: number, leaf: number, reason: string) => ({
    kind: "entry",
    seal: ofSeal,
    leaf,
    reason,
  });
  const header = (change: object) => ({
    header: (one: TrailHeader) => ({ ...one, lanes: one.lanes.map((head) => ({ ...head, ...change })) }),
  });
  const moved = entryAt(3, 1);
  const onOtherDay = { ...moved.entry, at: "2026-03-02T00:00:00.000000Z" };

  it.each<[string, Lies, object]>([
    ["a root of other entries", seal3({ root: "0".repeat(64) }), seal(3, "root")],
    ["another seal before it", seal3({ previous: "1".repeat(64) }), seal(3, "follow")],
    ["a wrong total", seal3({ total: 10 }), seal(3, "counts 10")],
    ["fewer entries", seal3({ entries: 2, total: 8 }), entry(3, 2, "2 entries")],
    ["more entries", seal3({ entries: 4, total: 10 }), entry(3, 3, "missing")],
    ["no entries", seal3({ entries: 0, total: 6 }), seal(3, "counts")],
    ["an invalid day", seal3({ day: "soon" }), seal(3, "day")],
    ["another day", seal3({ day: "2026-03-02" }), entry(3, 0, "day differs from its seal")],
    ["a number left out", seal3({ seal: 4 }), seal(3, "missing")],
    ["a number twice", seal3({ seal: 2 }), seal(2, "out of order")],
    ["a number beyond the end", header({ seals: 2 }), seal(3, "beyond")],
    ["an unknown lane in a seal", seal3({ lane: 1 }), { kind: "seal", lane: 1, reason: "lane" }],
    [
      "an entry of another day",
      entries3((all) => all.with(1, { ...moved, entry: onOtherDay, hash: leafOf(onOtherDay) })),
      entry(3, 1, "day differs from its seal"),
    ],
    [
      "an entry twice",
      entries3(([a, b, c]) => [a, b, b, c] as TrailItem[]),
      { kind: "entry", leaf: 1, reason: "duplicated" },
    ],
    [
      "an entry before its turn",
      entries3(([a, b, c]) => [b, a, c] as TrailItem[]),
      { kind: "entry", leaf: 0, reason: "out of order" },
    ],
    [
      "an entry of another seal",
      entries3((all) => [...all, entryAt(2, 0)]),
      { kind: "entry", seal: 2, reason: "not in any seal" },
    ],
    [
      "a hash in an entry's place",
      entries3((all) => all.with(1, { type: "leaf", lane: 0, seal: 3, leaf: 1, hash: moved.hash } as never)),
      { kind: "entry", leaf: 1, reason: "the export has no filter" },
    ],
    ["another checkpoint before it", second({ previous: "1".repeat(64) }), checkpoint(2, "follow")],
    [
      "an earlier time",
      second({ made_at: "2026-02-01T00:00:00Z" }),
      { checkpoint: 2, reason: "older than the previous" },
    ],
    ["an invalid time", second({ made_at: "then" }), { checkpoint: 2, reason: "older than the previous" }],
    ["a checkpoint left out", second({ checkpoint: 3 }), checkpoint(2, "missing")],
    ["a checkpoint twice", second({ checkpoint: 1 }), checkpoint(1, "out of order")],
    [
      "a checkpoint beyond the last",
      { header: (one) => ({ ...one, checkpoints: 1 }) },
      checkpoint(2, "beyond"),
    ],
    ["another head", lane({ head: "1".repeat(64) }), checkpoint(2, "different heads")],
    ["another count", lane({ entries: 11 }), checkpoint(2, "different heads")],
    ["fewer seals", lane({ seals: 3 }), checkpoint(2, "has 3 seals")],
    ["more seals", lane({ seals: 5 }), checkpoint(2, "has 5 seals")],
    ["a lane unknown", lane({ lane: 4 }), checkpoint(2, "no such lane")],
    ["a lane left out", second({ lanes: [] }), checkpoint(2, "omits the lane")],
    ["a lane's head in the header", header({ head: "1".repeat(64) }), seal(4, "head")],
    [
      "a lane twice in the header",
      { header: (one) => ({ ...one, lanes: [...one.lanes, ...one.lanes] }) },
      { kind: "file", lane: 0, reason: "twice" },
    ],
    [
      "a start that no checkpoint states",
      header({ from: 2 }),
      { kind: "seal", reason: "where the trail begins" },
    ],
    [
      "expired entries that no checkpoint states",
      { ...entries3(() => []), header: (one) => ({ ...one, expired_before: "2026-03-02" }) },
      entry(3, 0, "no checkpoint confirms"),
    ],
  ])("is detected by %s", async (_name, lies, { reason, ...fault }: { reason?: string }) => {
    const result = await verifyText(trail(lies).items.map(toLine).join(""), keys);
    expect(result.first_invalid).toMatchObject({ ...fault, reason: expect.stringContaining(reason ?? "") });
  });

  it("is valid if a signed checkpoint says which entries expired", async () => {
    const expired_before = "2026-03-02";
    const lies: Lies = {
      ...entries3(([first]) => [first as EntryItem]),
      ...second({ expired_before }),
      header: (one) => ({ ...one, expired_before }),
    };
    const result = await verifyText(trail(lies).items.map(toLine).join(""), keys);
    expect(result).toMatchObject({ valid: true, entries: 10, expired: 2 });
  });
});
