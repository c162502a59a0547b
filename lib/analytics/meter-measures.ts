/** Queries on a meter: its rollups, and raw events at the edges of a range and before what the meter has. */

import { parseExact } from "../base/json.ts";
import { type Instant, isBefore, parseTime } from "../base/time.ts";
import { clientOfMeter, progressOf, requireMeter } from "../meters/meters.ts";
import { MISSING, TOO_LONG } from "../meters/sql/meter-cells.ts";
import type { MeterRow } from "../meters/sql/meters.ts";
import { parseProperty } from "../query/property.ts";
import type { Condition } from "../query/where.ts";
import { invalid, type Measuring, type MeasuringCall, noneOf } from "./measuring.ts";
import { daysAndEvents, estimateUniques, UNIQUES_METHOD } from "./meter-uniques.ts";
import { coverStored } from "./packed-range.ts";
import type { Grain, Segment } from "./range.ts";
import type { CoveredRange } from "./scope.ts";
import { measureEvents } from "./sql/measure-events.ts";
import { meterParts } from "./sql/measure-parts.ts";
import { sketchMeter } from "./sql/meter-uniques.ts";
import type { Group } from "./sql/sum-events.ts";

/** A group of a meter. */
export interface DimensionGroup extends Group {
  /** Values as they were sent, by the dimension's name; missing and too long ones are absent. */
  dimensions: Record<string, unknown>;
  /** Names of the dimensions whose value is too long. */
  too_long?: string[];
}

const GRAINS: readonly Grain[] = [1440, 60, 15];

/** @throws {Problem} as `measuringOf` */
export async function meterMeasuring(call: MeasuringCall, name: string): Promise<Measuring> {
  const { event_type: type, property, measure, where = [] } = call.query;
  if (type !== undefined) throw invalid("event_type", "is that of the meter, and can't be chosen");
  if (property !== undefined) throw invalid("property", "is that of the meter, and can't be chosen");
  const meter = await requireMeter(call.deps.sql, clientOfMeter(call), name);
  if (measure !== undefined && meter.value === null)
    throw invalid("measure", "needs a meter with a value; this one counts events only");
  if (measure === "uniques" && !meter.uniques)
    throw invalid("measure", 'uniques needs a meter that was declared with "uniques": true');
  const conditions = onDimensions(meter, where);
  const common = {
    groupBy: (by: readonly string[]) => groupBy(meter, by),
    also: { meter: { name, ...progressOf(meter) } },
  };
  if (measure === "uniques")
    return {
      none: { count: 0, value: "0", numbers: 0, not_numbers: 0 },
      cover: (range, cuts) => daysAndEvents(range, cover(meter, range, cuts)),
      cells: (sql, segments, question) =>
        estimateUniques((asked) => sketchMeter(sql, segments, meter, conditions, asked), question),
      ...common,
      also: { ...common.also, ...UNIQUES_METHOD },
    };
  return {
    none: noneOf(measure),
    cover: (range, cuts) => cover(meter, range, cuts),
    cells: (sql, segments, question) => {
      const parts = meterParts(sql, segments, meter, conditions, { measure, ...question });
      return measureEvents(sql, parts, { measure, ...question });
    },
    ...common,
  };
}

/** Replaces the paths of conditions with the numbers of dimensions. */
function onDimensions({ properties }: MeterRow, where: readonly Condition[]): Condition[] {
  const numbers = new Map(
    properties.map((property, index) => [JSON.stringify(parseProperty(property)), String(index + 1)]),
  );
  return where.map((condition) => {
    const number = numbers.get(JSON.stringify(condition.path));
    if (number !== undefined) return { ...condition, path: [number] };
    const known = properties.length === 0 ? "it has none" : `they are ${properties.join(", ")}`;
    throw invalid("where", `must name dimensions of the meter: ${known}`);
  });
}

/** What the meter does not have yet is read from the events, so that the result is exact at any time. */
function cover(
  { known, filled_from: filledFrom }: MeterRow,
  { start, end, packedBefore }: CoveredRange,
  cuts: readonly number[],
): Segment[] {
  const kept = (from: Instant): Segment[] => coverStored(from, end, cuts, packedBefore, GRAINS);
  if (filledFrom === "-infinity") return kept(start);
  const filled = known ? parseTime(filledFrom) : undefined;
  const raw = (until: Instant | undefined): Segment[] =>
    until !== undefined && !isBefore(start, until)
      ? []
      : [{ grain: "raw", from: start.text, to: until?.text ?? "infinity" }];
  if (filled === undefined || (end && !isBefore(filled, end))) return raw(end);
  if (!isBefore(start, filled)) return kept(start);
  return [...raw(filled), ...kept(filled)];
}

function groupBy({ names }: MeterRow, by: readonly string[]): ReturnType<Measuring["groupBy"]> {
  const unknown = by.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    const known = names.length === 0 ? "it has none" : `they are ${names.join(", ")}`;
    throw invalid("by", `must name dimensions of the meter: ${known}`);
  }
  return {
    keys: by.map((name) => String(names.indexOf(name) + 1)),
    members: (values) => (by.length === 0 ? {} : groupOf(by, values)),
  };
}

function groupOf(by: readonly string[], values: readonly string[]): DimensionGroup {
  const pairs = by.map((name, index) => [name, values[index] ?? MISSING] as const);
  const tooLong = pairs.flatMap(([name, text]) => (text === TOO_LONG ? name : []));
  const sent = pairs.filter(([, text]) => text !== MISSING && text !== TOO_LONG);
  return {
    dimensions: Object.fromEntries(sent.map(([name, text]) => [name, parseExact(text)])),
    ...(tooLong.length > 0 && { too_long: tooLong }),
  };
}
