import type { Executor } from "../../postgres/client.ts";
import { andIf, ofClient, time } from "../../postgres/fragments.ts";
import type { RawScope } from "./raw-events.ts";

/** A bucket of rollups. */
export interface CountedBucket {
  /** Milliseconds since the Unix epoch; `to` is exclusive. */
  from: number;
  to: number;
  events: number;
}

/**
 * Counts the events of a scope by hour or day, whatever its conditions on payloads, from rollups; ascending, without empty ones.
 * @param minutes 60 or 1440
 * @param eventTypes null for all types
 */
export async function countBuckets(
  sql: Executor,
  { clientId, start, end }: Pick<RawScope, "clientId" | "start" | "end">,
  eventTypes: readonly string[] | null,
  minutes: 60 | 1440,
): Promise<CountedBucket[]> {
  const unit = `${minutes} minutes`;
  const rows = await sql<{ ms: number; events: number }[]>`
    SELECT (extract(epoch FROM bucket) * 1000)::float8 AS ms, sum(count)::float8 AS events FROM rollups
     WHERE ${ofClient(sql, "client_id", clientId)} AND grain = ${minutes}
           ${andIf(sql, eventTypes ?? undefined, (types) => sql`event_type = ANY(${types as string[]}::text[])`)}
           ${andIf(sql, start, ({ text }) => sql`bucket > ${time(sql, text)} - ${unit}::interval`)}
           ${andIf(sql, end, ({ text }) => sql`bucket < ${time(sql, text)}`)}
     GROUP BY bucket ORDER BY bucket`;
  return rows.map(({ ms, events }) => ({ from: ms, to: ms + minutes * 60_000, events }));
}
