import type { Checkpoint } from "../trail/checkpoint.ts";
import type { Executor } from "./client.ts";

/** What a checkpoint holds besides the lanes' heads. */
export interface CheckpointBase {
  /** The database's time: UTC text with six fractional digits. */
  now: string;
  /** The first day whose entries are kept; null before any has expired. */
  expiredBefore: string | null;
  /** The newest one so far. */
  previous: Checkpoint | undefined;
}

export async function readCheckpointBase(sql: Executor): Promise<CheckpointBase> {
  const [row] = await sql<
    [{ now: string; expired_before: string | null; document: string | null; signature: string }]
  >`
    SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now,
           nullif(r.audit_horizon, '0001-01-01')::text AS expired_before,
           c.document, encode(c.signature, 'hex') AS signature
      FROM retention r
           LEFT JOIN LATERAL (
             SELECT document, signature FROM audit_checkpoints ORDER BY checkpoint DESC LIMIT 1) c ON true`;
  const previous = row.document === null ? undefined : toCheckpoint({ ...row, document: row.document });
  return { now: row.now, expiredBefore: row.expired_before, previous };
}

/** A row of `audit_checkpoints`; its signature in hexadecimal. @throws {SyntaxError} where the document is no JSON */
export const toCheckpoint = ({
  document,
  signature,
}: {
  document: string;
  signature: string;
}): Checkpoint => ({
  ...(JSON.parse(document) as Omit<Checkpoint, "signature">),
  signature,
});
