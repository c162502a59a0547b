/** The chains of a funnel, as SQL. */
import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";
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
}

/** Something for each step, by its number, from 1. */
export const ofSteps = <T>(steps: readonly unknown[], make: (step: number) => T): T[] =>
  steps.map((_, index) => make(index + 1));

/** The events that match a step: `key` as JSON text, the columns of their order, and `fits_<step>` for each step. */
export function fittingEvents(sql: Executor, scope: RawScope, { key, steps }: Funnel): Fragment {
  const fits = steps.map(
    ({ eventType, where }, index) =>
      sql`, event_type = ${eventType} AND ${matches(sql, where)} AS ${sql(`fits_${index + 1}`)}`,
  );
  const anyFits = ofSteps(steps, (step) => sql`OR ${sql(`fits_${step}`)}`);
  return sql`
    SELECT * FROM (SELECT ${propertyText(sql, key)} AS key, event_time, event_id, client_id ${fits}
                     ${fromEvents(sql, scope)} AND event_type = ANY(${steps.map(({ eventType }) => eventType)}::text[])
                   OFFSET 0) AS events_of_types
     WHERE key <> 'null' AND (false ${anyFits})`;
}

/**
 * Adds the columns `start_<step>` to events with `fits_<step>`. For an event that matches step k, `start_k` is the latest start of
 * a chain that ends with the event: the latest start of the chains that reached step k-1 with an earlier event. A chain
 * that began earlier never gets further. One sort by key and time serves all steps.
 * @param carried some rows are no events: they come before their key's events, and `was_<step>` is their `start_<step>`
 */
export function withChains(
  sql: Executor,
  events: Fragment,
  { steps, windowSeconds }: Pick<Funnel, "steps" | "windowSeconds">,
  { carried = false } = {},
): Fragment {
  const otherwise = (step: number): Fragment =>
    carried && step < steps.length ? sql`ELSE ${sql(`was_${step}`)}` : sql``;
  const first = sql`
    SELECT *, CASE WHEN fits_1 THEN event_time ${otherwise(1)} END AS start_1 FROM (${events}) AS fitting`;
  return ofSteps(steps.slice(1), (step) => step + 1).reduce<Fragment>((before, step) => {
    const candidate = sql(`candidate_${step}`);
    return sql`
      SELECT *, CASE WHEN ${sql(`fits_${step}`)} AND ${candidate} >= event_time - make_interval(secs => ${windowSeconds})
                     THEN ${candidate} ${otherwise(step)} END AS ${sql(`start_${step}`)}
        FROM (SELECT *, max(${sql(`start_${step - 1}`)}) OVER (
                          PARTITION BY key ORDER BY event_time, event_id, client_id
                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS ${candidate}
                FROM (${before}) AS before) AS candidates`;
  }, first);
}
