/** The table `query_keys`: how far the keys of a funnel have got. */
import { type Funnel, fittingEvents, ofSteps, withChains } from "../../analytics/sql/funnel-chains.ts";
import type { RawScope } from "../../analytics/sql/raw-events.ts";
import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

/**
 * Continues the chains of earlier parts with the events of one, and stores how far each key has got.
 *
 * What earlier parts know of a key comes before its events, as one more row: the latest start of the chains that have reached each
 * step. The windows of `withChains` then give each event the same chains as over all events.
 * @param scope of one part: all its events are later than those of the parts before, whose `event_time` is less
 * @param isLast stores nothing, since no part continues
 * @returns for each step, the keys that reached it first in this part
 */
export async function continueFunnel(
  sql: Executor,
  { queryId, isLast }: { queryId: string; isLast: boolean },
  scope: RawScope,
  funnel: Funnel,
): Promise<number[]> {
  const { steps } = funnel;
  const fits = ofSteps(steps, (step) => sql`, ${sql(`fits_${step}`)}`);
  const none = ofSteps(steps, () => sql`, false`);
  // No chain goes on from the last step.
  const going = steps.slice(1);
  const starts = ofSteps(going, (step) => sql`, ${sql(`start_${step}`)}`);
  const unknown = ofSteps(going, (step) => sql`, NULL::timestamptz AS ${sql(`was_${step}`)}`);
  const rows = sql`
    SELECT key, event_time, event_id, client_id ${fits}, 0::smallint AS was_reached ${unknown} FROM found
     UNION ALL
    SELECT key_hash, '-infinity', '', '' ${none}, reached ${starts} FROM known`;
  const [row] = await sql<{ counts: number[] }[]>`
    WITH found AS MATERIALIZED (
      SELECT ${hashOf(sql, queryId)} AS key, event_time, event_id, client_id ${fits}
        FROM (${fittingEvents(sql, scope, funnel)}) AS fitting
    ), known AS MATERIALIZED (
      -- Looks each key up: of many millions, a part has few. In order, which took two thirds of the time.
      SELECT known.* FROM (SELECT DISTINCT key FROM found ORDER BY key) AS keys CROSS JOIN LATERAL (
        SELECT * FROM query_keys WHERE query_id = ${queryId} AND key_hash = keys.key OFFSET 0) AS known
    ), keys AS MATERIALIZED (
      SELECT key, max(was_reached) AS was_reached, ${furthest(sql, funnel)} AS reached
             ${ofSteps(going, (step) => sql`, max(${sql(`start_${step}`)}) AS ${sql(`start_${step}`)}, max(${sql(`was_${step}`)}) AS ${sql(`was_${step}`)}`)}
        FROM (${withChains(sql, rows, funnel, { carried: true })}) AS chains GROUP BY key
    ) ${isLast ? sql`` : sql`, stored AS (${storeKeys(sql, queryId, funnel)})`}
    SELECT ARRAY[${ofSteps(steps, (step) => sql`${step === 1 ? sql`` : sql`,`} count(*) FILTER (WHERE was_reached < ${step} AND reached >= ${step})`)}]::float8[]
           AS counts
      FROM keys`;
  return row?.counts ?? [];
}

/** As in `keyOf`, 16 bytes of SHA-256. With the query's id, since a hash of the key alone could be looked up in another query. */
const hashOf = (sql: Executor, queryId: string): Fragment =>
  sql`encode(substring(sha256(convert_to(${queryId} || key, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid`;

/** The last step with a chain; the row of earlier parts has the chains of its steps. */
function furthest(sql: Executor, { steps }: Funnel): Fragment {
  const cases = ofSteps(steps, (step) => sql`WHEN count(${sql(`start_${step}`)}) > 0 THEN ${step}`);
  return sql`greatest(max(was_reached), CASE ${cases.toReversed()} ELSE 0 END)::smallint`;
}

/** Stores the rows of `keys` that differ from those stored. In order of the key, so that two calls never deadlock. */
function storeKeys(sql: Executor, queryId: string, { steps }: Funnel): Fragment {
  const going = steps.slice(1);
  const starts = ofSteps(going, (step) => sql`, ${sql(`start_${step}`)}`);
  const changed = ofSteps(
    going,
    (step) => sql`OR ${sql(`start_${step}`)} IS DISTINCT FROM ${sql(`was_${step}`)}`,
  );
  const replaced = ofSteps(
    going,
    (step) => sql`, ${sql(`start_${step}`)} = EXCLUDED.${sql(`start_${step}`)}`,
  );
  return sql`
    INSERT INTO query_keys (query_id, key_hash, reached ${starts})
    SELECT ${queryId}, key, reached ${starts} FROM keys
     WHERE reached > 0 AND was_reached < ${steps.length} AND (reached <> was_reached ${changed})
     ORDER BY key
        ON CONFLICT (query_id, key_hash) DO UPDATE SET reached = EXCLUDED.reached ${replaced}`;
}

/**
 * Deletes the keys of a query. All at once, since PostgreSQL then reads the table in its own order: 9.9 million took 9 s, and one
 * million in pieces, by their hashes, 24 s.
 */
export async function deleteKeys(sql: Executor, queryId: string): Promise<void> {
  await sql`DELETE FROM query_keys WHERE query_id = ${queryId}`;
}
