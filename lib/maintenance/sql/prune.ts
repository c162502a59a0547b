import type { Grain } from "../../analytics/range.ts";
import type { Executor } from "../../postgres/client.ts";
import { keyOf, time } from "../../postgres/fragments.ts";

/**
 * Deletes receipts of requests received before a time. A receipt's id begins with its time, which saves an index.
 * @param firstId the smallest id of a request received at that time
 * @param before RFC 3339
 * @param limit maximum number of rows
 * @returns the number of deleted rows
 */
export async function pruneReceipts(
  sql: Executor,
  firstId: string,
  before: string,
  limit: number,
): Promise<number> {
  const rows = await sql`
    DELETE FROM receipts
     WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM receipts WHERE receipt_id < ${firstId} AND received_at < ${time(sql, before)}
              ORDER BY receipt_id LIMIT ${limit} FOR UPDATE SKIP LOCKED))`;
  return rows.count;
}

/**
 * Deletes scheduled health checks before a time.
 * @param before RFC 3339
 * @param limit maximum number of rows
 * @returns the number of deleted rows
 */
export async function pruneHealth(sql: Executor, before: string, limit: number): Promise<number> {
  const rows = await sql`
    DELETE FROM health_checks
     WHERE at IN (SELECT at FROM health_checks WHERE at < ${time(sql, before)} ORDER BY at LIMIT ${limit})`;
  return rows.count;
}

/**
 * Deletes rows that arrived after their day's partition was dropped, and so are in DEFAULT.
 * @param before RFC 3339
 * @param limit maximum number of rows
 * @returns the number of deleted rows
 */
export async function pruneLateAudit(
  sql: Executor,
  parent: "audit_log" | "audit_personal",
  before: string,
  limit: number,
): Promise<number> {
  const table = sql(`${parent}_default`);
  const rows = await sql`
    DELETE FROM ${table}
     WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE at < ${time(sql, before)} LIMIT ${limit}))`;
  return rows.count;
}

/**
 * Deletes events that arrived after their partition was dropped, and so are in DEFAULT, with their ledger rows.
 * @param horizon RFC 3339
 * @param limit maximum number of events
 * @returns the number of deleted events
 */
export async function pruneLateEvents(sql: Executor, horizon: string, limit: number): Promise<number> {
  const [row] = await sql<[{ deleted: number }]>`
    WITH late AS (
      DELETE FROM events_default
       WHERE ctid = ANY (ARRAY(
               SELECT ctid FROM events_default WHERE event_time < ${time(sql, horizon)} LIMIT ${limit}
                  FOR UPDATE SKIP LOCKED))
      RETURNING client_id, event_time, ${keyOf(sql, "event_id")} AS event_key
    ), released AS (
      DELETE FROM event_ledger l USING late
       WHERE l.event_key = late.event_key AND l.client_id = late.client_id AND l.event_time = late.event_time
    )
    SELECT count(*)::int AS deleted FROM late`;
  return row.deleted;
}

/**
 * Deletes events quarantined before a time, except those that a redrive has recently queued again. The totals still count
 * them as quarantined.
 * @param before RFC 3339
 * @param limit maximum number of rows
 * @returns the number of deleted rows
 */
export async function pruneQuarantine(sql: Executor, before: string, limit: number): Promise<number> {
  const rows = await sql`
    DELETE FROM quarantine
     WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM quarantine
              WHERE quarantined_at < ${time(sql, before)}
                AND (redriven_at IS NULL OR redriven_at < ${time(sql, before)})
              ORDER BY quarantined_at LIMIT ${limit} FOR UPDATE SKIP LOCKED))`;
  return rows.count;
}

/**
 * Deletes rollup rows before the horizon. It goes client by client, like the index; rows that a worker has locked to add a
 * late event are left for the next run, so neither waits for the other. One grain per call, since each has its own table,
 * and a `ctid` does not identify its table.
 * @param horizon RFC 3339
 * @param limit maximum number of rows
 * @returns the number of deleted rows
 */
export async function pruneRollups(
  sql: Executor,
  grain: Grain,
  horizon: string,
  limit: number,
): Promise<number> {
  const rows = await sql`
    DELETE FROM rollups
     WHERE grain = ${grain}
       AND ctid = ANY (ARRAY(
             SELECT r.ctid FROM clients c
             CROSS JOIN LATERAL (
               SELECT ctid FROM rollups
                WHERE client_id = c.client_id AND grain = ${grain} AND bucket < ${time(sql, horizon)}
                LIMIT ${limit} FOR UPDATE SKIP LOCKED) AS r
              LIMIT ${limit}))`;
  return rows.count;
}

/**
 * Deletes unqueued calls whose day has expired: their audit rows would not be kept either.
 * @param before the smallest request id to keep; ids begin with their time
 * @param limit maximum number of rows
 * @returns the number of deleted rows
 */
export async function pruneUnqueued(sql: Executor, before: string, limit: number): Promise<number> {
  const rows = await sql`
    DELETE FROM audit_unqueued
     WHERE request_id IN (SELECT request_id FROM audit_unqueued WHERE request_id < ${before}::uuid LIMIT ${limit})`;
  return rows.count;
}

/**
 * Deletes rows of the change feed whose events are all before the horizon, among the oldest rows, so that no run reads all of
 * them. An event's time is at most a day after its storing, so all rows that are a day older than the horizon qualify.
 * @param horizon RFC 3339
 * @param limit maximum number of rows
 * @returns the number of deleted rows
 */
export async function pruneFeed(sql: Executor, horizon: string, limit: number): Promise<number> {
  const rows = await sql`
    DELETE FROM feed
     WHERE ctid = ANY (ARRAY(
             SELECT ctid FROM (SELECT ctid, newest FROM feed ORDER BY position, client_id, skipped LIMIT ${limit}) AS oldest
              WHERE newest < ${time(sql, horizon)}))`;
  return rows.count;
}
