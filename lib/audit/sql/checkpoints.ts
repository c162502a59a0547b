import type { Executor, Transaction } from "../../postgres/client.ts";
import type { LaneHead } from "../../trail/checkpoint.ts";

/**
 * @param document canonical JSON without the signature
 * @param signature in hexadecimal
 */
export async function insertCheckpoint(
  tx: Transaction,
  checkpoint: number,
  document: string,
  signature: string,
): Promise<void> {
  await tx`
    INSERT INTO audit_checkpoints (checkpoint, document, signature)
    VALUES (${checkpoint}, ${document}, decode(${signature}, 'hex'))`;
}

/** "chec" in ASCII: any constant that no other lock uses. */
const ADVISORY_LOCK = 0x63686563;

/** Keeps others from making a checkpoint until the transaction ends. @returns false if another transaction has the lock */
export async function lockCheckpoints(tx: Transaction): Promise<boolean> {
  const [row] = await tx<[{ locked: boolean }]>`SELECT pg_try_advisory_xact_lock(${ADVISORY_LOCK}) AS locked`;
  return row.locked;
}

export async function markInBucket(sql: Executor, checkpoint: number): Promise<void> {
  await sql`UPDATE audit_checkpoints SET in_bucket = true WHERE checkpoint = ${checkpoint}`;
}

/** Checkpoints that are not in the bucket, oldest first. @param limit maximum number */
export async function listMissingCheckpoints(sql: Executor, limit: number): Promise<CheckpointRow[]> {
  return sql<CheckpointRow[]>`
    SELECT ${checkpointColumns(sql)} FROM audit_checkpoints WHERE NOT in_bucket ORDER BY checkpoint LIMIT ${limit}`;
}

/** Lanes whose seal with the head's number is missing or has another hash. @param heads heads of lanes that have seals */
export async function findMissingHeads(sql: Executor, heads: readonly LaneHead[]): Promise<number[]> {
  const rows = await sql<{ lane: number }[]>`
    SELECT g.lane
      FROM unnest(${heads.map(({ lane }) => lane)}::smallint[], ${heads.map(({ seals }) => seals)}::bigint[],
                  ${heads.map(({ head }) => head)}::text[]) AS g(lane, seal, head)
           LEFT JOIN audit_seals s ON s.lane = g.lane AND s.seal = g.seal
     WHERE encode(s.hash, 'hex') IS DISTINCT FROM g.head
     ORDER BY g.lane`;
  return rows.map(({ lane }) => lane);
}

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

/** Oldest first. @param after only checkpoints with a higher number @param upTo highest number, inclusive */
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

/** Finds the last checkpoint with at most this number. */
export async function findCheckpoint(sql: Executor, upTo: number): Promise<CheckpointRow | undefined> {
  const [row] = await sql<CheckpointRow[]>`
    SELECT ${checkpointColumns(sql)} FROM audit_checkpoints
     WHERE checkpoint <= ${upTo} ORDER BY checkpoint DESC LIMIT 1`;
  return row;
}
