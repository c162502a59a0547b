import type { Executor } from "./client.ts";
import { time } from "./fragments.ts";

export interface NewErasure {
  erasureId: string;
  clientId: string;
  property: string;
  /** JSON text. */
  value: string;
  /** The same text for every way to write the value. */
  canonical: string;
  /** Random, for the value's hash. The client's other erasures of the same month (UTC) share the salt of the first. */
  salt: Buffer;
  /** RFC 3339. */
  requestedAt: string;
  requestedBy: string | null;
  keyPrefix: string | null;
}

/** @returns false where there is no such client */
export async function insertErasure(sql: Executor, erasure: NewErasure): Promise<boolean> {
  const month = sql`date_trunc('month', ${time(sql, erasure.requestedAt)}, 'UTC')`;
  const rows = await sql`
    WITH shared AS (
      SELECT salt FROM erasures
       WHERE client_id = ${erasure.clientId} AND requested_at >= ${month}
         AND requested_at < ${month} + interval '1 month' AND salt <> ''
       ORDER BY requested_at LIMIT 1
    ), chosen AS (
      SELECT coalesce((SELECT salt FROM shared), ${erasure.salt}::bytea) AS salt
    )
    INSERT INTO erasures (erasure_id, client_id, property, value, salt, value_sha256, requested_at, requested_by, key_prefix)
    SELECT ${erasure.erasureId}, client_id, ${erasure.property}, ${erasure.value}::text::json, salt,
           sha256(salt || convert_to(${erasure.canonical}, 'UTF8')), ${time(sql, erasure.requestedAt)},
           ${erasure.requestedBy}, ${erasure.keyPrefix}
      FROM clients, chosen WHERE client_id = ${erasure.clientId}`;
  return rows.count === 1;
}
