/** What measures of a payload property and of a meter have in common. */

import type { Call } from "../http/call.ts";
import { Problem } from "../http/problem.ts";
import type { Executor } from "../postgres/client.ts";
import type { PropertyPath } from "../query/property.ts";
import type { Condition } from "../query/where.ts";
import type { Stores } from "../storage/freshness.ts";
import type { Segment } from "./range.ts";
import { type CoveredRange, sourceOf } from "./scope.ts";
import type { Measure, Measured, MeasureQuestion } from "./sql/measure-events.ts";
import type { PartsQuestion } from "./sql/measure-parts.ts";
import { type Group, type Grouping, groupings, type Order } from "./sql/sum-events.ts";

/** What a response says about the events of a group, a bucket, or both. */
export interface Measurement {
  count: number;
  /** This and the other members are absent if there is no measure. */
  value?: string | null;
  numbers?: number;
  not_numbers?: number;
}

/** Groups, buckets, and which groups come first. */
export type CellsQuestion = Pick<PartsQuestion, "by" | "starts"> & Pick<MeasureQuestion, "order" | "limit">;

/** `none` of a measure, and of counts only. */
export const noneOf = (measure: Measure | undefined): Measurement =>
  measure === undefined ? { count: 0 } : { count: 0, value: null, numbers: 0, not_numbers: 0 };

/** How a call's measures are computed. */
export interface Measuring {
  /** The measurement of no events; its members are those of each measurement. */
  none: Measurement;
  /** Rows to read. @param cuts starts of buckets after the first */
  cover: (range: CoveredRange, cuts: readonly number[]) => Segment[];
  /** Measures segments, in the order of `measureEvents`. */
  cells: (sql: Executor, segments: readonly Segment[], question: CellsQuestion) => Promise<Measured[]>;
  /**
   * Resolves the names of `by`.
   * @returns the keys for `cells`, and the members of a response for a group's names
   * @throws {Problem} `invalid-parameter` for an unknown name
   */
  groupBy: (by: readonly string[]) => { keys: string[]; members: (names: readonly string[]) => Group };
  /** Further members of the response. */
  also: object;
}

export type MeasuringCall = Pick<Call<Stores>, "deps" | "caller"> & {
  query: {
    client?: string | undefined;
    event_type?: readonly string[] | undefined;
    where?: readonly Condition[] | undefined;
    meter?: string | undefined;
    measure?: Measure | "uniques" | undefined;
    property?: PropertyPath | undefined;
  };
};

/** What events can be grouped by without a meter. @throws {Problem} `invalid-parameter` */
export function groupingsOf(by: readonly string[]): Grouping[] {
  const known = by.filter((name): name is Grouping => groupings.some((grouping) => grouping === name));
  if (known.length < by.length) throw invalid("by", "must be client, event_type, or client,event_type");
  return known;
}

/** @param detail what is wrong with the parameter */
export const invalid = (parameter: string, detail: string): Problem =>
  new Problem("invalid-parameter", `Invalid parameter: ${parameter}.`, { errors: [{ parameter, detail }] });

export interface MeasuredRange extends CoveredRange {
  /** Starts of the buckets, in milliseconds, ascending; absent for one bucket. */
  starts?: readonly number[];
  /** Absent for one group. */
  grouped?: { by: readonly string[]; order: Order; limit: number } | undefined;
}

/** A group with its measurements by index of the bucket; buckets without events are absent. */
export interface MeasuredGroup {
  names: Group;
  buckets: ReadonlyMap<number, Measurement>;
}

/** Measures by group and bucket. @throws {Problem} `invalid-parameter` for an unknown name in `by` */
export async function measureGroups(
  { sql }: Pick<Stores, "sql">,
  measuring: Measuring,
  { starts = [], grouped, ...range }: MeasuredRange,
): Promise<{ groups: MeasuredGroup[]; source: ReturnType<typeof sourceOf> }> {
  const { by = [], order = "most", limit = 1 } = grouped ?? {};
  const { keys, members } = measuring.groupBy(by);
  const segments = measuring.cover(range, starts.slice(1));
  const planned = sourceOf(segments);
  if (segments.length === 0) return { groups: [], source: planned };
  const cells = await measuring.cells(sql, segments, { by: keys, starts, order, limit });
  const groups = Map.groupBy(cells, ({ names }) => JSON.stringify(names)).values();
  return {
    groups: [...groups].map((own) => ({
      names: members(own[0]?.names ?? []),
      buckets: new Map(
        own.map(({ bucket, names: _, from_events: __, ...cell }) => [bucket, only(measuring, cell)]),
      ),
    })),
    source: planned === "rollup" && cells.some((cell) => cell.from_events) ? "mixed" : planned,
  };
}

/** What a response says about a bucket, also about one without events. */
export const measurementIn = (
  measuring: Measuring,
  group: MeasuredGroup | undefined,
  bucket: number,
): Measurement => group?.buckets.get(bucket) ?? measuring.none;

/** What a response says about a group of a range without buckets. */
export const withoutBuckets = (measuring: Measuring, group: MeasuredGroup | undefined) => ({
  ...group?.names,
  ...measurementIn(measuring, group, 0),
});

const only = ({ none }: Measuring, cell: Measurement): Measurement =>
  none.value === undefined ? { count: cell.count } : cell;
