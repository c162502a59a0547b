import type { Transaction } from "../../postgres/client.ts";
import { type Fragment, time, utc } from "../../postgres/fragments.ts";

export interface EventStretch {
  clientId: string;
  /** Only events after this time, RFC 3339; null for the first. */
  after: string | null;
}

/**
 * The time of a client's event that comes `limit` events later. By time and not by place in the table, so that it stays
 * true when rows move from one partition to another.
 * @returns UTC text; `infinity` where there are fewer
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

/** A scalar of JSON; a number by its text. */
export type JsonScalar =
  | { type: "string"; text: string }
  | { type: "number"; text: string }
  | { type: "boolean"; text: "true" | "false" };

/**
 * Replaces payloads in which a member has a value.
 * @param to the last time that is looked at
 * @param received only events received until then, RFC 3339
 * @param path member names from the payload down
 * @param payload JSON text
 * @returns how many were replaced
 */
export async function eraseEvents(
  tx: Transaction,
  { clientId, after, to, received }: EventStretch & { to: string; received: string },
  { path, value, payload }: { path: readonly string[]; value: JsonScalar; payload: string },
): Promise<number> {
  const rows = await tx`
    UPDATE events SET payload = ${payload}::text::json
     WHERE client_id = ${clientId} AND event_time > ${time(tx, after ?? "-infinity")}
       AND event_time <= ${time(tx, to)} AND received_at <= ${time(tx, received)} AND ${isEqual(tx, path, value)}`;
  return rows.count;
}

/**
 * Numbers are compared as such, but for those that PostgreSQL has no type for: these by their digits. Whether the value
 * is one of them is not left to the CASE: the planner would turn it into a number before any condition is looked at.
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

/** Well within what the type takes: https://www.postgresql.org/docs/18/datatype-numeric.html */
function isNumeric(number: string): boolean {
  const exponent = /[eE]([+-]?\d+)$/.exec(number)?.[1] ?? "0";
  return number.length <= 10_000 && Math.abs(Number(exponent)) <= 6_000;
}
