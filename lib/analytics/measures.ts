/** Which measures a call asks for: of a payload property, or of a meter. */

import { groupingsOf, invalid, type Measuring, type MeasuringCall, noneOf } from "./measuring.ts";
import { meterMeasuring } from "./meter-measures.ts";
import { coverQuestion, scopeOf } from "./scope.ts";
import { measureEvents } from "./sql/measure-events.ts";
import { rawParts } from "./sql/measure-parts.ts";
import { type Grouping, groupings } from "./sql/sum-events.ts";

/**
 * How to compute the measures that a call asks for.
 * @returns undefined if it asks for counts of events only
 * @throws {Problem} `invalid-parameter` for parameters that do not go together, `not-found` for an unknown meter,
 * `insufficient-scope`
 */
export async function measuringOf(call: MeasuringCall): Promise<Measuring | undefined> {
  const { meter, measure, property } = call.query;
  if (meter !== undefined) return meterMeasuring(call, meter);
  if (measure === undefined && property === undefined) return undefined;
  if (measure === undefined) throw invalid("measure", "is required with property");
  if (measure === "uniques")
    throw invalid("measure", "uniques needs a meter; /v1/analytics/uniques counts the values of a property");
  if (property === undefined) throw invalid("property", "is required with measure, unless there is a meter");
  const scope = scopeOf(call);
  return {
    none: noneOf(measure),
    cover: (range) => coverQuestion(true, range),
    cells: (sql, segments, question) => {
      const parts = rawParts(sql, segments, scope, property, { measure, ...question });
      return measureEvents(sql, parts, { measure, ...question });
    },
    groupBy: (by) => {
      const keys = groupings.filter((name) => groupingsOf(by).includes(name)).map((name) => COLUMN[name]);
      return { keys, members: (names) => Object.fromEntries(keys.map((key, n) => [key, names[n]])) };
    },
    also: {},
  };
}

const COLUMN: Readonly<Record<Grouping, string>> = { client: "client_id", event_type: "event_type" };
