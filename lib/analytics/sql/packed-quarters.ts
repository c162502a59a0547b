import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
import { partsOfDays } from "../packed-range.ts";
import type { Segment } from "../range.ts";

/**
 * Parts of packed days that have events, with the columns of `packed_days`, the start of the part `at`, its quarters from
 * `first` to before `beyond`, and the number of its events `n`. A part's events are the difference of two totals, so many parts
 * of a day cost little more than one: a day in a zone that cuts it in two is read once.
 * @param segments packed quarters, as `coverStored` returns them; at least one
 * @param ours condition on `packed_days`
 */
export function packedQuarters(sql: Executor, segments: readonly Segment[], ours: Fragment): Fragment {
  const places = segments.flatMap(partsOfDays);
  const texts = new Map(places.map(({ midnight }) => [midnight, new Date(midnight).toISOString()]));
  return sql`
    SELECT * FROM (
      SELECT d.*, p.day + p.first * interval '15 minutes' AS at, p.first, p.beyond,
             packed_until(quarters, totals, beyond) - packed_until(quarters, totals, first) AS n
        FROM (SELECT * FROM packed_days WHERE ${ours} AND day = ANY(${[...texts.values()]}::timestamptz[]) OFFSET 0) AS d
        JOIN unnest(${places.map(({ midnight }) => texts.get(midnight) ?? "")}::timestamptz[],
                    ${places.map(({ first }) => first)}::int[], ${places.map(({ beyond }) => beyond)}::int[])
             AS p(day, first, beyond) USING (day) OFFSET 0) AS counted
     WHERE n > 0`;
}
