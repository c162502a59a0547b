import type { Executor } from "./client.ts";

/** A checkpoint as it is stored. */
export interface CheckpointRow {
  checkpoint: number;
  /** Canonical JSON without the signature. */
  document: string;
  /** In hexadecimal. */
  signature: string;
}

/** Columns of a `CheckpointRow`. */
export const checkpointColumns = (sql: Executor) =>
  sql`checkpoint::float8 AS checkpoint, document, encode(signature, 'hex') AS signature`;

/** Oldest first. @param after only those with a higher number @param upTo and with at most this one */
export async function listCheckpoints(
  sql: Executor,
  after: number,
  upTo: number,
  limit: number,
): Promise<CheckpointRow[]> {
  return sql<CheckpointRow[]>`
    SELECT ${checkpointColumns(sql)} FROM audit_checkpoints
     WHERE checkpoint > ${after} AND checkpoint <= ${upTo} ORDER BY checkpoint LIMIT ${limit}`;
}

/** The last one with at most this number. */
export async function findCheckpoint(sql: Executor, upTo: number): Promise<CheckpointRow | undefined> {
  const [row] = await sql<CheckpointRow[]>`
    SELECT ${checkpointColumns(sql)} FROM audit_checkpoints
     WHERE checkpoint <= ${upTo} ORDER BY checkpoint DESC LIMIT 1`;
  return row;
}
