import type { Transaction } from "../../postgres/client.ts";
import { type Fragment, time, utc } from "../../postgres/fragments.ts";

export interface EventStretch {
  clientId: string;
  /** Only events after this time, RFC 3339; null to begin. */
  after: string | null;
}

/**
 * The time of a client's event `limit` events later. A time and not a place in the table, since it stays valid when rows
 * move from one partition to another.
 * @returns UTC text; `infinity` if there are fewer events
 */
export async function findStretchEnd(
  tx: Transaction,
  { clientId, after }: EventStretch,
  limit: number,
): Promise<string> {
  const rows = await tx<{ at: string }[]>`
    SELECT ${utc(tx, "event_time")} AS at FROM events e
     WHERE client_id = ${clientId} AND event_time > ${time(tx, after ?? "-infinity")}
     ORDER BY e.event_time OFFSET ${limit - 1} LIMIT 1`;
  return rows[0]?.at ?? "infinity";
}

/** A JSON scalar; a number as its text. */
export type JsonScalar =
  | { type: "string"; text: string }
  | { type: "number"; text: string }
  | { type: "boolean"; text: "true" | "false" };

/**
 * Replaces the payloads in which the member at `path` has the value.
 * @param to end of the searched range, inclusive
 * @param received only events received up to this time, RFC 3339
 * @param path member names from the payload down
 * @param payload JSON text
 * @returns the number of replaced payloads by event type, and the time of the first and the last such event, in milliseconds
 */
export async function eraseEvents(
  tx: Transaction,
  { clientId, after, to, received }: EventStretch & { to: string; received: string },
  { path, value, payload }: { path: readonly string[]; value: JsonScalar; payload: string },
): Promise<ErasedType[]> {
  return tx<ErasedType[]>`
    WITH erased AS (
    UPDATE events SET payload = ${payload}::text::json
     WHERE client_id = ${clientId} AND event_time > ${time(tx, after ?? "-infinity")}
       AND event_time <= ${time(tx, to)} AND received_at <= ${time(tx, received)} AND ${isEqual(tx, path, value)}
    RETURNING event_type, event_time
    )
    SELECT event_type, count(*)::float8 AS count, floor(extract(epoch FROM min(event_time)) * 1000)::float8 AS first,
           floor(extract(epoch FROM max(event_time)) * 1000)::float8 AS last
      FROM erased GROUP BY event_type`;
}

/** Events of one type whose payload was replaced. */
export interface ErasedType {
  event_type: string;
  count: number;
  first: number;
  last: number;
}

/**
 * Compares numbers by value, and numbers beyond PostgreSQL's `numeric` by their digits. The CASE can't decide whether the
 * value is one of the latter: the planner would convert the constant to a number before it evaluates any condition.
 * https://www.postgresql.org/docs/18/sql-expressions.html#SYNTAX-EXPRESS-EVAL
 */
function isEqual(tx: Transaction, path: readonly string[], { type, text }: JsonScalar): Fragment {
  const member = tx`payload #> ${[...path]}::text[]`;
  const same = tx`${member} #>> '{}' = ${text}`;
  if (type !== "number" || !isNumeric(text)) return tx`json_typeof(${member}) = ${type} AND ${same}`;
  return tx`
    CASE WHEN json_typeof(${member}) IS DISTINCT FROM 'number' THEN false
         WHEN pg_input_is_valid(${member} #>> '{}', 'numeric') THEN (${member} #>> '{}')::numeric = ${text}::text::numeric
         ELSE false END`;
}

/** Well within the limits of `numeric`: https://www.postgresql.org/docs/18/datatype-numeric.html */
function isNumeric(number: string): boolean {
  const exponent = /[eE]([+-]?\d+)$/.exec(number)?.[1] ?? "0";
  return number.length <= 10_000 && Math.abs(Number(exponent)) <= 6_000;
}
