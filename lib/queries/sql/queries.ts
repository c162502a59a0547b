import type { Executor } from "../../postgres/client.ts";
import { andIf, type Fragment, time, utc } from "../../postgres/fragments.ts";

/** A query as the API shows it; times as UTC text with six fractional digits. */
export interface QueryRow {
  query_id: string;
  asked_by: string;
  kind: string;
  /** JSON text, as are `result` and `question`. */
  request: string;
  status: "running" | "completed" | "failed";
  events: number;
  parts: number;
  parts_done: number;
  result: string | null;
  error: string | null;
  as_of: string | null;
  created_at: string;
  updated_at: string;
}

const columns = (sql: Executor): Fragment => sql`
  query_id, asked_by, kind, request::text AS request, status, events::float8 AS events, parts, parts_done,
  result::text AS result, error, ${utc(sql, "as_of")} AS as_of, ${utc(sql, "created_at")} AS created_at,
  ${utc(sql, "updated_at")} AS updated_at`;

export interface NewQuery {
  queryId: string;
  askedBy: string;
  kind: string;
  request: string;
  /** JSON text of a plan. */
  question: string;
  events: number;
  parts: number;
  asOf: string | null;
  createdAt: string;
}

/** Stores a query, unless its asker has too many that run. @returns false if so */
export async function insertQuery(sql: Executor, query: NewQuery, mostRunning: number): Promise<boolean> {
  const { count } = await sql`
    INSERT INTO queries (query_id, asked_by, kind, request, question, events, parts, as_of, created_at, updated_at)
    SELECT ${query.queryId}, ${query.askedBy}, ${query.kind}, ${query.request}::text::json, ${query.question}::text::json,
           ${query.events}, ${query.parts}, ${query.asOf}::timestamptz, ${query.createdAt}::timestamptz, clock_timestamp()
     WHERE (SELECT count(*) FROM queries WHERE asked_by = ${query.askedBy} AND status = 'running') < ${mostRunning}`;
  return count === 1;
}

/** Deletes the oldest queries of an asker that no longer run, beyond the newest `most`. */
export async function dropOldQueries(sql: Executor, askedBy: string, most: number): Promise<void> {
  await sql`
    DELETE FROM queries WHERE status <> 'running' AND query_id IN (
      SELECT query_id FROM queries WHERE asked_by = ${askedBy} ORDER BY created_at DESC, query_id DESC OFFSET ${most})`;
}

/** @param askedBy null for an administrator, who sees all */
export async function findQuery(
  sql: Executor,
  queryId: string,
  askedBy: string | null,
): Promise<QueryRow | undefined> {
  const rows = await sql<QueryRow[]>`
    SELECT ${columns(sql)} FROM queries
     WHERE query_id = ${queryId} ${andIf(sql, askedBy ?? undefined, (client) => sql`asked_by = ${client}`)}`;
  return rows[0];
}

/** Queries, newest first. @param after time and id of the last one of the previous page */
export async function selectQueries(
  sql: Executor,
  askedBy: string | null,
  after: readonly [createdAt: string, queryId: string] | undefined,
  limit: number,
): Promise<QueryRow[]> {
  return sql<QueryRow[]>`
    SELECT ${columns(sql)} FROM queries
     WHERE true ${andIf(sql, askedBy ?? undefined, (client) => sql`asked_by = ${client}`)}
           ${andIf(sql, after, ([at, id]) => sql`(queries.created_at, query_id) < (${time(sql, at)}, ${id}::uuid)`)}
     ORDER BY queries.created_at DESC, query_id DESC
     LIMIT ${limit}`;
}

/** Lets nobody work on a query any more. @returns false if there is no such query */
export async function stopQuery(sql: Executor, queryId: string, askedBy: string | null): Promise<boolean> {
  const { count } = await sql`
    UPDATE queries
       SET status = CASE status WHEN 'running' THEN 'failed' ELSE status END, state = NULL,
           error = CASE status WHEN 'running' THEN 'It was cancelled.' ELSE error END
     WHERE query_id = ${queryId} ${andIf(sql, askedBy ?? undefined, (client) => sql`asked_by = ${client}`)}`;
  return count === 1;
}

export async function removeQuery(sql: Executor, queryId: string, askedBy: string | null): Promise<void> {
  await sql`
    DELETE FROM queries
     WHERE query_id = ${queryId} ${andIf(sql, askedBy ?? undefined, (client) => sql`asked_by = ${client}`)}`;
}
