/** SQL fragments that several statements share. */
import type postgres from "postgres";
import type { Executor } from "./client.ts";

export type Fragment = postgres.Fragment;

/** A timestamptz as UTC text with six fractional digits; as a Date it would lose its microseconds. */
export const utc = (sql: Executor, column: string): Fragment => utcText(sql, sql`${sql(column)}`);

/** The server's current time in the same format. It advances within a transaction. */
export const utcNow = (sql: Executor): Fragment => utcText(sql, sql`clock_timestamp()`);

const utcText = (sql: Executor, at: Fragment): Fragment =>
  sql`to_char(${at} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/**
 * A time given as text. A timestamptz parameter is a constant to the planner, which then prunes partitions:
 * with `::text::timestamptz`, sums over 65 partitions took 14 ms instead of 2.
 */
export const time = (sql: Executor, text: string): Fragment => sql`${text}::timestamptz`;

/**
 * Condition for the rows of one client, or of all clients for null. It lists all clients, since each index on events
 * begins with the client.
 */
export const ofClient = (sql: Executor, column: string, clientId: string | null): Fragment =>
  clientId === null
    ? sql`${sql(column)} IN (SELECT client_id FROM clients)`
    : sql`${sql(column)} = ${clientId}`;

/** `AND` and a condition on the value; empty if the value is undefined. */
export const andIf = <T>(sql: Executor, value: T | undefined, condition: (value: T) => Fragment): Fragment =>
  value === undefined ? sql`` : sql`AND ${condition(value)}`;

/** The ledger's key of an event id, as computed by `eventKey` in lib/base/ids.ts. */
export const keyOf = (sql: Executor, column: string): Fragment => sql`
  CASE WHEN ${sql(column)} ~ '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' THEN ${sql(column)}::uuid
       ELSE encode(substring(sha256(convert_to(${sql(column)}, 'UTF8')) FROM 1 FOR 16), 'hex')::uuid END`;
