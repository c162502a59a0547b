/** Distinct values, from the HyperLogLog sketches of the parts. */
import { cutRange } from "../../analytics/calendar.ts";
import { estimateDistinct, REGISTER_BITS, RELATIVE_ERROR } from "../../analytics/hyperloglog.ts";
import { sketchRegisters } from "../../analytics/sql/sketch-registers.ts";
import { instantOf } from "../../base/time.ts";
import { localTime } from "../../base/time-zone.ts";
import { scopeOf, type UniquesQuestion } from "../question.ts";
import type { Kind } from "./kind.ts";

/** Buckets of a question: each has a sketch of 16 KiB between two parts. */
export const MOST_SKETCHES = 400;

/** Registers of each bucket in base64, one byte each; the key of the only sketch without buckets is empty. */
type UniquesState = Record<string, string>;

export const uniques: Kind<UniquesQuestion, UniquesState> = {
  empty: () => ({}),

  async add(sql, plan, { part }, state) {
    const { question } = plan;
    const read = await sketchRegisters(sql, scopeOf(plan, part), question.property, startsOf(question));
    const merged = { ...state };
    for (const { bucket, registers, ranks } of read) {
      const sketch = sketchOf(merged[String(bucket ?? "")]);
      for (const [n, register] of registers.entries())
        sketch[register] = Math.max(sketch[register] ?? 0, ranks[n] ?? 0);
      merged[String(bucket ?? "")] = sketch.toString("base64");
    }
    return merged;
  },

  result(question, state) {
    const sketches = Object.entries(state).map(([bucket, text]) => [bucket, sketchOf(text)] as const);
    const all = sketchOf(undefined);
    for (const [, sketch] of sketches)
      for (const [register, rank] of sketch.entries()) all[register] = Math.max(all[register] ?? 0, rank);
    const starts = startsOf(question) ?? [];
    const buckets = sketches
      .toSorted(([a], [b]) => Number(a) - Number(b))
      .map(([bucket, sketch]) => ({
        bucket: localTime(starts[Number(bucket)] ?? 0, question.tz),
        count: estimateOf(sketch),
      }));
    return JSON.stringify({
      count: estimateOf(all),
      ...(question.interval !== undefined && { buckets }),
      method: "hyperloglog",
      relative_error: Number(RELATIVE_ERROR.toFixed(4)),
    });
  },
};

/** Starts of the buckets, in milliseconds; null without an interval. */
export function startsOf({ scope: { start, end }, interval, tz }: UniquesQuestion): readonly number[] | null {
  if (interval === undefined) return null;
  if (start === undefined || end === undefined) throw new Error("A question with buckets has no range.");
  return cutRange(start, instantOf(end.ms), interval, tz, MOST_SKETCHES + 1).starts;
}

const sketchOf = (base64: string | undefined): Buffer =>
  base64 === undefined ? Buffer.alloc(2 ** REGISTER_BITS) : Buffer.from(base64, "base64");

function estimateOf(sketch: Buffer): number {
  const counts = new Map<number, number>();
  for (const rank of sketch) if (rank > 0) counts.set(rank, (counts.get(rank) ?? 0) + 1);
  return estimateDistinct(counts);
}
