import type { Executor } from "./client.ts";
import { type Fragment, utc } from "./fragments.ts";

/** An erasure as it is shown; times as UTC text with six fractional digits. */
export interface ErasureRow {
  erasure_id: string;
  client_id: string;
  property: string;
  /** Hexadecimal; null once forgotten. */
  value_sha256: string | null;
  value_salt: string | null;
  requested_at: string;
  requested_by: string | null;
  key_prefix: string | null;
  begun: boolean;
  completed_at: string | null;
  events_erased: number;
  quarantined_erased: number;
}

/** The columns of an `ErasureRow`, without the value. */
export const erasureColumns = (sql: Executor): Fragment => sql`
  erasure_id, client_id, property, encode(value_sha256, 'hex') AS value_sha256,
  CASE WHEN value_sha256 IS NOT NULL THEN encode(salt, 'hex') END AS value_salt,
  ${utc(sql, "requested_at")} AS requested_at, requested_by, key_prefix,
  quarantine_began_at IS NOT NULL AS begun, ${utc(sql, "completed_at")} AS completed_at,
  events_erased::float8 AS events_erased, quarantined_erased::float8 AS quarantined_erased`;
