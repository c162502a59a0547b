import type { Executor } from "../../postgres/client.ts";
import { andIf, type Fragment } from "../../postgres/fragments.ts";
import type { PropertyPath } from "../../query/property.ts";
import { matches, propertyText } from "../../query/sql.ts";
import type { Condition } from "../../query/where.ts";
import { fromEvents, type RawScope } from "./raw-events.ts";

export interface FunnelStep {
  eventType: string;
  where: readonly Condition[];
}

export interface Funnel {
  /** The property whose values are tracked through the steps. */
  key: PropertyPath;
  /** At least 2. */
  steps: readonly FunnelStep[];
  /** Maximum time from a chain's first event to its last. */
  windowSeconds: number;
  /** Only keys of one class, by their hash; `part` is its number, from 0. */
  keys?: { classes: number; part: number };
}

/**
 * Counts the distinct keys that reached each step. A key reaches a step with a chain of its events: one for each step so
 * far, each later than the one before in order of (event_time, event_id), the last within the window of the first.
 *
 * For each event that matches step k, `start_k` is the latest start of a chain that ends with the event: the latest start
 * of the chains that reached step k-1 with an earlier event. A chain that began earlier never gets further. One sort by
 * key and time serves all steps.
 * @returns one count for each step
 */
export async function countFunnel(
  sql: Executor,
  scope: RawScope,
  { key, steps, windowSeconds, keys }: Funnel,
): Promise<number[]> {
  const fits = steps.map(
    ({ eventType, where }, index) =>
      sql`, event_type = ${eventType} AND ${matches(sql, where)} AS ${sql(`fits_${index + 1}`)}`,
  );
  const anyFits = steps.map((_, index) => sql`OR ${sql(`fits_${index + 1}`)}`);
  const first = sql`
    SELECT *, CASE WHEN fits_1 THEN event_time END AS start_1
      FROM (SELECT ${propertyText(sql, key)} AS key, event_time, event_id, client_id ${fits}
              ${fromEvents(sql, scope)} AND event_type = ANY(${steps.map(({ eventType }) => eventType)}::text[])
            OFFSET 0) AS events_of_types
     WHERE key <> 'null' AND (false ${anyFits}) ${andIf(sql, keys, (one) => isOfClass(sql, one))}`;
  const last = steps
    .slice(1)
    .reduce<Fragment>((before, _, index) => withStep(sql, before, index + 2, windowSeconds), first);
  const reached = steps.map(
    (_, index) => sql`, count(${sql(`start_${index + 1}`)}) AS ${sql(`chains_${index + 1}`)}`,
  );
  const counts = steps.map(
    (_, index) =>
      sql`${index === 0 ? sql`` : sql`,`} count(*) FILTER (WHERE ${sql(`chains_${index + 1}`)} > 0)`,
  );
  const [row] = await sql<{ counts: number[] }[]>`
    SELECT ARRAY[${counts}]::float8[] AS counts
      FROM (SELECT key ${reached} FROM (${last}) AS chains GROUP BY key) AS keys`;
  return row?.counts ?? [];
}

const isOfClass = (sql: Executor, { classes, part }: NonNullable<Funnel["keys"]>): Fragment =>
  sql`(hashtextextended(key, 0) & 9223372036854775807) % ${classes}::bigint = ${part}::bigint`;

/** Adds the column `start_<step>` to rows that have the column of the previous step. */
function withStep(sql: Executor, before: Fragment, step: number, windowSeconds: number): Fragment {
  const candidate = sql(`candidate_${step}`);
  return sql`
    SELECT *, CASE WHEN ${sql(`fits_${step}`)} AND ${candidate} >= event_time - make_interval(secs => ${windowSeconds})
                   THEN ${candidate} END AS ${sql(`start_${step}`)}
      FROM (SELECT *, max(${sql(`start_${step - 1}`)}) OVER (
                        PARTITION BY key ORDER BY event_time, event_id, client_id
                        ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ${candidate}
              FROM (${before}) AS before) AS candidates`;
}
