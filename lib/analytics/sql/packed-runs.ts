/** Counts of consecutive parts of packed days, one row for each day instead of one for each part. */
import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
import { partsOfDays } from "../packed-range.ts";
import type { Segment } from "../range.ts";

/** A packed day whose parts follow one another, each in the bucket after that of the part before. */
export interface DividedDay {
  /** RFC 3339. */
  day: string;
  /** Numbers of quarters, ascending: the start of each part, and the end of the last one. */
  bounds: number[];
  /** Index of the first part's bucket. */
  bucket: number;
}

/**
 * Divides days into their parts.
 * @param segments packed quarters, in order of time; each of their parts is in one bucket
 * @param starts starts of the buckets, in milliseconds, ascending
 * @returns undefined if the parts of a day have a gap: then they are not counted together
 */
export function divideDays(
  segments: readonly Segment[],
  starts: readonly number[],
): DividedDay[] | undefined {
  const days = new Map<number, DividedDay>();
  let bucket = 0;
  for (const { midnight, first, beyond, start } of segments.flatMap(partsOfDays)) {
    while ((starts[bucket + 1] ?? Number.POSITIVE_INFINITY) <= start) bucket++;
    const known = days.get(midnight);
    if (known === undefined)
      days.set(midnight, { day: new Date(midnight).toISOString(), bounds: [first, beyond], bucket });
    else if (known.bounds.at(-1) === first && known.bucket + known.bounds.length - 1 === bucket)
      known.bounds.push(beyond);
    else return undefined;
  }
  return [...days.values()];
}

/**
 * Selects `client_id`, `event_type`, the number of events `n`, and as `run` the day's index and the totals at its bounds, such as
 * `3:0,5,9`, of days with events.
 * @param ours condition on `packed_days`
 */
export const packedRuns = (sql: Executor, days: readonly DividedDay[], ours: Fragment): Fragment => sql`
  SELECT client_id, event_type, until[cardinality(until)] - until[1] AS n,
         position || ':' || array_to_string(until, ',') AS run
    FROM (SELECT client_id, event_type, position, ARRAY(SELECT packed_until(quarters, totals, bound) FROM unnest(bounds) AS bound) AS until
            FROM (SELECT * FROM packed_days WHERE ${ours} AND day = ANY(${days.map(({ day }) => day)}::timestamptz[]) OFFSET 0) AS d
            JOIN (SELECT day, position - 1 AS position, bounds::int[] AS bounds
                    FROM unnest(${days.map(({ day }) => day)}::timestamptz[], ${days.map(({ bounds }) => `{${bounds.join(",")}}`)}::text[])
                         WITH ORDINALITY AS p(day, bounds, position) OFFSET 0) AS p USING (day)
          OFFSET 0) AS divided
   WHERE until[cardinality(until)] > until[1]`;

/** Adds the counts of runs to those of buckets. @param runs as `packedRuns` gives them, separated by semicolons */
export function addRuns(counts: number[], runs: string, days: readonly DividedDay[]): void {
  for (const run of runs.split(";")) {
    const colon = run.indexOf(":");
    const bucket = days[Number(run.slice(0, colon))]?.bucket ?? 0;
    const totals = JSON.parse(`[${run.slice(colon + 1)}]`) as number[];
    for (let index = 1; index < totals.length; index++) {
      const place = bucket + index - 1;
      counts[place] = (counts[place] ?? 0) + (totals[index] ?? 0) - (totals[index - 1] ?? 0);
    }
  }
}
