import type { Seal } from "../trail/seal.ts";
import type { Transaction } from "./client.ts";

/** Writes the next seals of a lane, in their order, and moves the lane's head to the last of them. */
export async function insertSeals(tx: Transaction, seals: readonly Seal[]): Promise<void> {
  const last = seals.at(-1);
  if (last === undefined) return;
  const column = <T>(read: (seal: Seal) => T): T[] => seals.map(read);
  const hex = (read: (seal: Seal) => string): string[] => column((seal) => `\\x${read(seal)}`);
  await tx`
    WITH written AS (
      INSERT INTO audit_seals (lane, seal, day, entries, total, sealed_at, root, previous, hash)
      SELECT * FROM unnest(
        ${column(({ lane }) => lane)}::smallint[],
        ${column(({ seal }) => seal)}::bigint[],
        ${column(({ day }) => day)}::text[]::date[],
        ${column(({ entries }) => entries)}::int[],
        ${column(({ total }) => total)}::bigint[],
        ${column(({ sealed_at }) => sealed_at)}::text[]::timestamptz[],
        ${hex(({ root }) => root)}::text[]::bytea[],
        ${hex(({ previous }) => previous)}::text[]::bytea[],
        ${hex(({ hash }) => hash)}::text[]::bytea[])
    )
    UPDATE audit_lanes SET seals = ${last.seal}, entries = ${last.total}, head = decode(${last.hash}, 'hex')
     WHERE lane = ${last.lane}`;
}
