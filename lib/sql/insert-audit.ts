import type { Header } from "../message.ts";
import type { Executor } from "./client.ts";

type Audited = Required<Pick<Header, "id" | "at" | "audit">>;

/** Writes audit rows. One that is there already came with a message that was delivered before. */
export async function insertAudit(sql: Executor, rows: readonly Audited[]): Promise<void> {
  const sorted = rows.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  const column = <T>(read: (row: Audited) => T): T[] => sorted.map(read);
  await sql`
    INSERT INTO audit_log (at, request_id, client_id, key_prefix, method, route, path, status, duration_ms, address,
                           user_agent, bytes_in, bytes_out)
    SELECT * FROM unnest(
      ${column(({ at }) => new Date(at).toISOString())}::text[]::timestamptz[],
      ${column(({ id }) => id)}::uuid[],
      ${column(({ audit }) => audit.client_id)}::text[],
      ${column(({ audit }) => audit.key_prefix)}::text[],
      ${column(({ audit }) => audit.method)}::text[],
      ${column(({ audit }) => audit.route)}::text[],
      ${column(({ audit }) => audit.path)}::text[],
      ${column(({ audit }) => audit.status)}::smallint[],
      ${column(({ audit }) => Math.min(audit.duration_ms, 2_147_483_647))}::int[],
      ${column(({ audit }) => audit.address)}::text[],
      ${column(({ audit }) => audit.user_agent)}::text[],
      ${column(({ audit }) => audit.bytes_in)}::int[],
      ${column(({ audit }) => audit.bytes_out)}::int[])
    ON CONFLICT DO NOTHING`;
}
