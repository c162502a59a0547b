import type { Executor } from "../../postgres/client.ts";

/** A query that the caller may work on. */
export interface ClaimedQuery {
  /** JSON text of a plan. */
  question: string;
  parts_done: number;
  state: Buffer | null;
}

/** Seconds for which a call has a query for itself, after each of its parts. Longer than a part may take. */
const CLAIM_SECONDS = 30;

/** Claims a running query. @returns undefined if another call works on it, or it does not run */
export async function claimQuery(
  sql: Executor,
  queryId: string,
  claim: string,
): Promise<ClaimedQuery | undefined> {
  const rows = await sql<ClaimedQuery[]>`
    UPDATE queries SET claim = ${claim}, claimed_until = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
     WHERE query_id = ${queryId} AND status = 'running' AND (claimed_until IS NULL OR claimed_until < clock_timestamp())
    RETURNING question::text AS question, parts_done, state`;
  return rows[0];
}

export async function releaseQuery(sql: Executor, queryId: string, claim: string): Promise<void> {
  await sql`
    UPDATE queries SET claim = NULL, claimed_until = NULL WHERE query_id = ${queryId} AND claim = ${claim}`;
}

/** What a part has changed. */
export interface Progress {
  question: string;
  parts: number;
  partsDone: number;
  state: Buffer | null;
  /** JSON text, if that was the last part. */
  result?: string;
  error?: string;
}

/** Stores progress, and locks the query until the transaction ends. @returns false if it was deleted, or another call has taken it over */
export async function saveProgress(
  sql: Executor,
  queryId: string,
  claim: string,
  { question, parts, partsDone, state, result, error }: Progress,
): Promise<boolean> {
  const status = error !== undefined ? "failed" : result !== undefined ? "completed" : "running";
  const { count } = await sql`
    UPDATE queries
       SET question = ${question}::text::json, parts = ${parts}, parts_done = ${partsDone}, state = ${state},
           result = ${result ?? null}::text::json, error = ${error ?? null}, status = ${status},
           updated_at = clock_timestamp(),
           claimed_until = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
     WHERE query_id = ${queryId} AND claim = ${claim} AND status = 'running'`;
  return count === 1;
}

/**
 * Deletes old queries, and keys of queries that have ended, which a call that was killed has left.
 * @param before RFC 3339
 * @returns number of queries
 */
export async function pruneQueries(sql: Executor, before: string, limit: number): Promise<number> {
  await sql`
    DELETE FROM query_keys USING queries
     WHERE query_keys.query_id = queries.query_id AND queries.status <> 'running'`;
  const { count } = await sql`
    DELETE FROM queries WHERE query_id IN (
      SELECT query_id FROM queries WHERE created_at < ${before}::timestamptz ORDER BY created_at, query_id LIMIT ${limit})`;
  return count;
}
