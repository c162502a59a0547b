import type { Executor } from "../../postgres/client.ts";
import { andIf, type Fragment, time } from "../../postgres/fragments.ts";
import type { RawScope } from "./raw-events.ts";

/** A time span in milliseconds since the Unix epoch. */
export interface Span {
  /** Inclusive. */
  first: number;
  /** Exclusive. */
  last: number;
}

/**
 * A time span that holds all events of a scope, whatever their payloads: rounded out to full hours, or to days (UTC) where they are
 * packed. It comes from the rollups: for each client, the first and the last entries of indexes.
 * @returns undefined if there are no events
 */
export async function findSpan(
  sql: Executor,
  { clientId, eventType, start, end }: RawScope,
): Promise<Span | undefined> {
  const endsOf = (table: Fragment, column: Fragment, unit: Fragment, also: Fragment): Fragment => sql`
    SELECT min(${column}) AS first, max(${column}) + ${unit} AS last FROM ${table}
     WHERE client_id = c.client_id ${also}
           ${andIf(sql, eventType, (name) => sql`event_type = ${name}`)}
           ${andIf(sql, start, ({ text }) => sql`${column} > ${time(sql, text)} - ${unit}`)}
           ${andIf(sql, end, ({ text }) => sql`${column} < ${time(sql, text)}`)}`;
  const [hour, day] = [sql`interval '1 hour'`, sql`interval '1 day'`];
  const [row] = await sql<{ first: number | null; last: number | null }[]>`
    SELECT extract(epoch FROM min(ends.first))::float8 * 1000 AS first,
           extract(epoch FROM max(ends.last))::float8 * 1000 AS last
      FROM clients c CROSS JOIN LATERAL (
        ${endsOf(sql`rollups`, sql`bucket`, hour, sql`AND grain = 60`)}
        UNION ALL ${endsOf(sql`rollups`, sql`bucket`, hour, sql`AND grain = 15`)}
        UNION ALL ${endsOf(sql`packed_days`, sql`day`, day, sql``)}) AS ends
     WHERE true ${andIf(sql, clientId ?? undefined, (id) => sql`c.client_id = ${id}`)}`;
  return row && row.first !== null && row.last !== null ? { first: row.first, last: row.last } : undefined;
}
