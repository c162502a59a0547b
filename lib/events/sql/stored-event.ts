import type { Executor } from "../../postgres/client.ts";
import { type Fragment, utc } from "../../postgres/fragments.ts";

/** A stored event as the API shows it; times as UTC text with six fractional digits. */
export interface StoredEventRow {
  client_id: string;
  event_id: string;
  event_type: string;
  event_time: string;
  received_at: string;
  processed_at: string;
  /** Milliseconds, an integer. */
  latency_ms: number;
  receipt_id: string;
  /** JSON text, as it was sent. */
  payload: string;
  /** The trace context, see `fromStoredTrace`; an empty string if the event has no trace context. */
  trace: string;
}

/**
 * The columns of a `StoredEventRow`, from a row of events with the alias `e`.
 * @param payload the payload's expression, by default all of its text
 */
export const storedEventColumns = (sql: Executor, payload: Fragment = sql`e.payload::text`): Fragment => sql`
  e.client_id, e.event_id, e.event_type, e.receipt_id, ${payload} AS payload,
  encode(e.trace_context, 'hex') AS trace,
  ${utc(sql, "e.event_time")} AS event_time,
  ${utc(sql, "e.received_at")} AS received_at,
  ${utc(sql, "e.processed_at")} AS processed_at,
  greatest(0, round(extract(epoch FROM e.processed_at - e.received_at) * 1000))::float8 AS latency_ms`;
