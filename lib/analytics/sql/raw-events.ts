import type { Instant } from "../../base/time.ts";
import type { Executor } from "../../postgres/client.ts";
import { andIf, type Fragment, ofClient, time } from "../../postgres/fragments.ts";
import { matches } from "../../query/sql.ts";
import type { Condition } from "../../query/where.ts";

/** The rows of `events` that a query over payloads reads. */
export interface RawScope {
  /** Null for all clients. */
  clientId: string | null;
  eventType?: string | undefined;
  /** Inclusive. */
  start: Instant | undefined;
  /** Exclusive. */
  end: Instant | undefined;
  where?: readonly Condition[];
  /** Only events that were stored before this time, RFC 3339. */
  storedBefore?: string;
}

/** `FROM events` with the conditions of a scope; the caller may append more with `AND`. */
export const fromEvents = (
  sql: Executor,
  { clientId, eventType, start, end, where = [], storedBefore }: RawScope,
): Fragment => sql`
  FROM events
 WHERE ${ofClient(sql, "client_id", clientId)}
       ${andIf(sql, eventType, (name) => sql`event_type = ${name}`)}
       ${andIf(sql, start, ({ text }) => sql`event_time >= ${time(sql, text)}`)}
       ${andIf(sql, end, ({ text }) => sql`event_time < ${time(sql, text)}`)}
       ${andIf(sql, storedBefore, (text) => sql`processed_at < ${time(sql, text)}`)}
   AND ${matches(sql, where)}`;
