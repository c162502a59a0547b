import type { Executor } from "../../postgres/client.ts";
import { type Funnel, fittingEvents, ofSteps, withChains } from "./funnel-chains.ts";
import type { RawScope } from "./raw-events.ts";

/**
 * Counts the distinct keys that reached each step. A key reaches a step with a chain of its events: one for each step so
 * far, each later than the one before in order of (event_time, event_id), the last within the window of the first.
 * @returns one count for each step
 */
export async function countFunnel(sql: Executor, scope: RawScope, funnel: Funnel): Promise<number[]> {
  const { steps } = funnel;
  const chains = withChains(sql, fittingEvents(sql, scope, funnel), funnel);
  const reached = ofSteps(steps, (step) => sql`, count(${sql(`start_${step}`)}) AS ${sql(`chains_${step}`)}`);
  const counts = ofSteps(
    steps,
    (step) => sql`${step === 1 ? sql`` : sql`,`} count(*) FILTER (WHERE ${sql(`chains_${step}`)} > 0)`,
  );
  const [row] = await sql<{ counts: number[] }[]>`
    SELECT ARRAY[${counts}]::float8[] AS counts
      FROM (SELECT key ${reached} FROM (${chains}) AS chains GROUP BY key) AS keys`;
  return row?.counts ?? [];
}
