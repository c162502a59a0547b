import type { Executor } from "./client.ts";

export async function findKeyOfClient(
  sql: Executor,
  clientId: string,
  keyId: string,
): Promise<{ hash: Buffer; prefix: string } | undefined> {
  const rows = await sql<{ hash: Buffer; prefix: string }[]>`
    SELECT hash, prefix FROM api_keys WHERE client_id = ${clientId} AND key_id = ${keyId}`;
  return rows[0];
}
