import type { Executor } from "../../postgres/client.ts";
import { andIf, time } from "../../postgres/fragments.ts";
import type { RawScope } from "./raw-events.ts";

/** A time span in milliseconds since the Unix epoch. */
export interface Span {
  /** Inclusive. */
  first: number;
  /** Exclusive. */
  last: number;
}

/**
 * The time span of a scope's events, rounded out to full hours (UTC), whatever their payloads. It comes from the hourly
 * rollups: for each client, the first and the last entry of an index.
 * @returns undefined if there are no events
 */
export async function findSpan(
  sql: Executor,
  { clientId, eventType, start, end }: RawScope,
): Promise<Span | undefined> {
  const [row] = await sql<{ first: number | null; last: number | null }[]>`
    SELECT extract(epoch FROM min(hours.first))::float8 * 1000 AS first,
           extract(epoch FROM max(hours.last) + interval '1 hour')::float8 * 1000 AS last
      FROM clients c CROSS JOIN LATERAL (
        SELECT min(bucket) AS first, max(bucket) AS last FROM rollups
         WHERE client_id = c.client_id AND grain = 60
               ${andIf(sql, eventType, (name) => sql`event_type = ${name}`)}
               ${andIf(sql, start, ({ text }) => sql`bucket > ${time(sql, text)} - interval '1 hour'`)}
               ${andIf(sql, end, ({ text }) => sql`bucket < ${time(sql, text)}`)}) AS hours
     WHERE true ${andIf(sql, clientId ?? undefined, (id) => sql`c.client_id = ${id}`)}`;
  return row && row.first !== null && row.last !== null ? { first: row.first, last: row.last } : undefined;
}
