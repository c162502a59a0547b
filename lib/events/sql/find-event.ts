import type { Executor } from "../../postgres/client.ts";
import { andIf } from "../../postgres/fragments.ts";
import { type StoredEventRow, storedEventColumns } from "./stored-event.ts";

/**
 * The newest stored event with an id. The ledger has its time, which determines its partition.
 * @param eventKey the ledger's key of the id
 * @param clientId null for any client
 */
export async function findEvent(
  sql: Executor,
  eventId: string,
  eventKey: string,
  clientId: string | null,
): Promise<StoredEventRow | undefined> {
  const rows = await sql<StoredEventRow[]>`
    SELECT ${storedEventColumns(sql)}
      FROM event_ledger l JOIN events e ON e.client_id = l.client_id AND e.event_time = l.event_time
     WHERE l.event_key = ${eventKey} AND e.event_id = ${eventId}
           AND e.event_time >= (SELECT horizon FROM retention)
           ${andIf(sql, clientId ?? undefined, (id) => sql`l.client_id = ${id}`)}
     ORDER BY e.event_time DESC, e.client_id DESC
     LIMIT 1`;
  return rows[0];
}
