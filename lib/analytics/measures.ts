/** Sums, averages, extremes and the latest value of a payload property. */

import { Problem } from "../http/problem.ts";
import type { PropertyPath } from "../query/property.ts";
import type { Stores } from "../storage/freshness.ts";
import type { Segment } from "./range.ts";
import type { EventScope } from "./sql/event-parts.ts";
import { type Measure, type Measured, measureEvents } from "./sql/measure-events.ts";
import { rawParts } from "./sql/measure-parts.ts";
import type { Group, Grouped, Grouping } from "./sql/sum-events.ts";

/** A measure of a property; no rollup holds it, so it is computed from raw rows. */
export interface Asked {
  measure: Measure;
  property: PropertyPath;
}

/** What a response says about the events of a group, a bucket, or both. */
export interface Measurement {
  count: number;
  value: string | null;
  numbers: number;
  not_numbers: number;
}

export const NOTHING: Measurement = { count: 0, value: null, numbers: 0, not_numbers: 0 };

/**
 * The measure that a call asks for.
 * @returns undefined if it asks for counts only
 * @throws {Problem} `invalid-parameter` if only one of the two parameters is present
 */
export function measureOf({
  measure,
  property,
}: {
  measure?: Measure | undefined;
  property?: PropertyPath | undefined;
}): Asked | undefined {
  if (measure !== undefined && property !== undefined) return { measure, property };
  if (measure === undefined && property === undefined) return undefined;
  const [missing, given] = measure === undefined ? ["measure", "property"] : ["property", "measure"];
  throw invalid(missing, `is required with ${given}`);
}

/** @param detail what is wrong with the parameter */
export const invalid = (parameter: string, detail: string): Problem =>
  new Problem("invalid-parameter", `Invalid parameter: ${parameter}.`, { errors: [{ parameter, detail }] });

/** A group with its measurements by bucket, without those of buckets that have no events. */
export interface MeasuredGroup extends Group {
  buckets: Map<number, Measurement>;
}

/**
 * Measures by group and bucket.
 * @param starts starts of the buckets, in milliseconds, ascending; empty for one bucket
 * @param grouped undefined for one group
 */
export async function measureGroups(
  { sql }: Pick<Stores, "sql">,
  { measure, property: path }: Asked,
  { segments, scope, starts = [], grouped }: Ranged,
): Promise<MeasuredGroup[]> {
  if (segments.length === 0) return [];
  const { by = [], order = "most", limit = 1 } = grouped ?? {};
  const parts = rawParts(sql, segments, scope, { path, measure, by, starts });
  return byGroup(await measureEvents(sql, parts, { measure, order, limit }), (names) => namedBy(by, names));
}

export interface Ranged {
  segments: readonly Segment[];
  scope: EventScope;
  starts?: readonly number[];
  grouped?: Grouped | undefined;
}

/** Members of a response that name a group. */
function namedBy(by: readonly Grouping[], names: readonly (string | null)[]): Group {
  const members = by.map((grouping) => (grouping === "client" ? "client_id" : "event_type"));
  // Two names are always in this order.
  const keys = members.length === 2 ? ["client_id", "event_type"] : members;
  return Object.fromEntries(keys.map((key, index) => [key, names[index]]));
}

/** Collects the cells of each group; they come group by group. */
export function byGroup(
  cells: readonly Measured[],
  nameGroup: (names: readonly (string | null)[]) => Group,
): MeasuredGroup[] {
  const groups = Map.groupBy(cells, ({ names }) => JSON.stringify(names));
  return [...groups.values()].map((own) => ({
    ...nameGroup(own[0]?.names ?? []),
    buckets: new Map(
      own.map(({ bucket, count, value, numbers, not_numbers }) => [
        bucket,
        { count, value, numbers, not_numbers },
      ]),
    ),
  }));
}
