import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

/** An erasure as the worker needs it. */
export interface Tombstone {
  client_id: string;
  /** Null if the value's hash has been deleted; then hash and salt are meaningless. */
  property: string | null;
  salt: Buffer;
  /** Hexadecimal. */
  value_sha256: string | null;
  /** Time of the latest request with this value, in milliseconds since the Unix epoch. */
  requested_ms: number;
}

/**
 * Erasures, complete or not, that were requested at or after the time at which a client's oldest event was received.
 * With nothing to erase this costs a round trip and an index look-up for each client: it checks each client's latest
 * request first, since PostgreSQL expects many matches of the join and would read the table of erasures each time.
 *
 * The statement locks the table (ACCESS SHARE) before it takes its snapshot, and keeps the lock until the transaction
 * ends. `listErasureReaders` relies on both.
 * @param received time of the oldest event by client, RFC 3339
 */
export async function listTombstones(
  sql: Executor,
  received: ReadonlyMap<string, string>,
): Promise<Tombstone[]> {
  return sql<Tombstone[]>`
    WITH batch AS MATERIALIZED (
      SELECT client_id, received_at
        FROM unnest(${[...received.keys()]}::text[], ${[...received.values()]}::text[]::timestamptz[])
             AS given(client_id, received_at)
       WHERE (SELECT max(requested_at) FROM erasures e WHERE e.client_id = given.client_id) >= received_at
    )
    SELECT e.client_id, CASE WHEN value_sha256 IS NOT NULL THEN property END AS property, salt,
           encode(value_sha256, 'hex') AS value_sha256,
           (extract(epoch FROM max(requested_at)) * 1000)::float8 AS requested_ms
      FROM batch JOIN erasures e ON e.client_id = batch.client_id AND e.requested_at >= batch.received_at
     GROUP BY 1, 2, 3, 4`;
}

/**
 * Condition that is true if `listTombstones` would return any. A statement with it also locks the table before it takes
 * its snapshot, and keeps the lock until the transaction ends.
 */
export const anyTombstone = (sql: Executor, received: ReadonlyMap<string, string>): Fragment => sql`
  EXISTS (
    SELECT FROM unnest(${[...received.keys()]}::text[], ${[...received.values()]}::text[]::timestamptz[])
                AS given(client_id, received_at)
     WHERE (SELECT max(requested_at) FROM erasures e WHERE e.client_id = given.client_id) >= received_at)`;
