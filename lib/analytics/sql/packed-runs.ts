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

/** Numbers of bounds that statements have: a day in one or two parts, by hour in a zone at :30, or by minute. */
const SIZES = [3, 26, 97];

/** The body of the function `packed_until` (migration 0020), which PostgreSQL would inline anew for each bound when it plans. */
const totalUntil = (place: number): string =>
  `coalesce(totals[width_bucket((bounds[${place}] - 1)::smallint, quarters)], 0)`;

/**
 * Selects the columns of a group, by default `client_id` and `event_type`, the number of events `n`, and as `run` the day's index and the totals at its bounds, such as
 * `3:0,5,9,9`; the last one may be repeated.
 *
 * Most days have the same bounds. Each such set is a part of the statement that names each place in its list: as rows that are joined, the
 * bounds of a month's hours took PostgreSQL 9 ms instead of 3. Lists of few lengths keep the number of prepared statements low.
 * @param days at least one
 * @param ours condition on `packed_days`
 * @param summed the columns of a group whose rows of one day are added up; undefined if a group has one row for each day
 */
export function packedRuns(
  sql: Executor,
  days: readonly DividedDay[],
  ours: Fragment,
  summed?: readonly string[],
): Fragment {
  const texts = days.map(({ day }) => day);
  const most = Math.max(...days.map(({ bounds }) => bounds.length));
  const size = SIZES.find((one) => one >= most) ?? most;
  const sumOf = (total: string): string => (summed ? `sum(${total})::bigint` : total);
  const totals = Array.from({ length: size }, (_, index) => sumOf(totalUntil(index + 1)));
  const names = (summed ?? ["client_id", "event_type"]).map((name) => `${name},`).join(" ");
  const grouping = summed ? `GROUP BY ${["day", ...summed].join(", ")}` : "";
  const ofSet = (set: readonly DividedDay[]): Fragment => {
    const bounds = set[0]?.bounds ?? [];
    const padded = [...bounds, ...new Array<number>(size - bounds.length).fill(bounds.at(-1) ?? 0)];
    return sql`
      SELECT ${sql.unsafe(names)} ${sql.unsafe(`${totals.at(-1)} - ${totals[0]}`)} AS n,
             array_position(${texts}::timestamptz[], day) - 1 || ':' || concat_ws(',', ${sql.unsafe(totals.join())}) AS run
        FROM packed_days, (SELECT ${padded}::int[] AS bounds) AS division
       WHERE ${ours} AND day = ANY(${set.map(({ day }) => day)}::timestamptz[]) ${sql.unsafe(grouping)}`;
  };
  const sets = [...Map.groupBy(days, ({ bounds }) => bounds.join()).values()];
  return sets.map(ofSet).reduce((all, one) => sql`${all} UNION ALL ${one}`);
}

/** Adds the counts of runs to those of buckets. @param runs as `packedRuns` gives them, separated by semicolons */
export function addRuns(counts: number[], runs: string, days: readonly DividedDay[]): void {
  for (const run of runs.split(";")) {
    const colon = run.indexOf(":");
    const { bucket = 0, bounds = [] } = days[Number(run.slice(0, colon))] ?? {};
    const totals = JSON.parse(`[${run.slice(colon + 1)}]`) as number[];
    for (let index = 1; index < bounds.length; index++) {
      const place = bucket + index - 1;
      counts[place] = (counts[place] ?? 0) + (totals[index] ?? 0) - (totals[index - 1] ?? 0);
    }
  }
}
