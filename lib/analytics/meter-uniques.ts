/** Distinct values of a meter: sketches of packed days, and events for the rest. */
import { Problem } from "../http/problem.ts";
import { estimateDistinct, RELATIVE_ERROR } from "./hyperloglog.ts";
import type { CellsQuestion } from "./measuring.ts";
import type { Segment } from "./range.ts";
import type { CoveredRange } from "./scope.ts";
import type { Measured } from "./sql/measure-events.ts";
import type { SketchedCell, sketchMeter } from "./sql/meter-uniques.ts";

/** Most groups that are compared, to find the first ones. */
const MOST_GROUPS = 10_000;

/** What a response on distinct values says about all of them. */
export const UNIQUES_METHOD = {
  method: "hyperloglog",
  relative_error: Number(RELATIVE_ERROR.toFixed(4)),
} as const;

/** Segments in which only packed days are read from anything but events. @param covered what a meter's range is covered with */
export function daysAndEvents({ start, end }: CoveredRange, covered: readonly Segment[]): Segment[] {
  if (covered.length === 0) return [];
  const segments: Segment[] = [];
  let from = start.text;
  const rawTo = (to: string): void => {
    if (from !== to) segments.push({ grain: "raw", from, to });
  };
  for (const days of covered.filter(({ grain }) => grain === "packed days")) {
    rawTo(days.from);
    segments.push(days);
    from = days.to;
  }
  rawTo(end?.text ?? "infinity");
  return segments;
}

/**
 * Estimates distinct values by group and bucket, in the order of `measureEvents`.
 * @param read `sketchMeter` of the meter and range
 * @throws {Problem} `query-too-broad` for more than `MOST_GROUPS`
 */
export async function estimateUniques(
  read: (question: Parameters<typeof sketchMeter>[4]) => Promise<SketchedCell[]>,
  { by, starts, order, limit }: CellsQuestion,
): Promise<Measured[]> {
  if (by.length === 0)
    return (await read({ by, starts, only: undefined, limit: Math.max(1, starts.length) })).map(measured);
  const groups = (await read({ by, starts: [], only: undefined, limit: MOST_GROUPS + 1 })).map(measured);
  if (groups.length > MOST_GROUPS)
    throw new Problem(
      "query-too-broad",
      `The range has more than ${MOST_GROUPS} groups; add a condition on a dimension.`,
    );
  const first = inOrder(groups, order).slice(0, limit);
  if (starts.length === 0 || first.length === 0) return first;
  const only = first.map(({ names }) => names);
  const cells = (await read({ by, starts, only, limit: first.length * starts.length })).map(measured);
  const byName = Map.groupBy(cells, ({ names }) => JSON.stringify(names));
  return only.flatMap((names) => byName.get(JSON.stringify(names)) ?? []);
}

/** @param groups by name */
function inOrder(groups: readonly Measured[], order: CellsQuestion["order"]): Measured[] {
  if (order === "name") return [...groups];
  const sign = order === "most" ? -1 : 1;
  return groups.toSorted((a, b) => sign * (Number(a.value) - Number(b.value)));
}

function measured({ ranks, registers, ...cell }: SketchedCell): Measured {
  const counts = new Map(ranks?.map((rank, index) => [rank, registers?.[index] ?? 0]));
  return { ...cell, value: String(estimateDistinct(counts)) };
}
