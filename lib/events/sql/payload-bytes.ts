import type { Executor } from "../../postgres/client.ts";
import type { Fragment } from "../../postgres/fragments.ts";

/** Bytes of a payload as text. A compressed one must be decompressed for this, so it runs on rows within the limit only. */
export const payloadBytes = (sql: Executor): Fragment => sql`
  CASE WHEN pg_column_compression(payload) IS NULL THEN pg_column_size(payload)
       ELSE octet_length(payload::text) END`;
