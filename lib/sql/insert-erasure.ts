import type { Executor } from "./client.ts";

export interface NewErasure {
  erasureId: string;
  clientId: string;
  property: string;
  /** JSON text. */
  value: string;
  valueSha256: Buffer;
  requestedBy: string | null;
  keyPrefix: string | null;
}

/** @returns false where there is no such client */
export async function insertErasure(sql: Executor, erasure: NewErasure): Promise<boolean> {
  const rows = await sql`
    INSERT INTO erasures (erasure_id, client_id, property, value, value_sha256, requested_by, key_prefix)
    SELECT ${erasure.erasureId}, client_id, ${erasure.property}, ${erasure.value}::text::json,
           ${erasure.valueSha256}, ${erasure.requestedBy}, ${erasure.keyPrefix}
      FROM clients WHERE client_id = ${erasure.clientId}`;
  return rows.count === 1;
}
