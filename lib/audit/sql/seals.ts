import type { Executor, Transaction } from "../../postgres/client.ts";
import { utcNow } from "../../postgres/fragments.ts";
import type { Seal } from "../../trail/seal.ts";

/** Consecutive seals of a lane. */
export interface SealRange {
  lane: number;
  /** Both inclusive. */
  first: number;
  last: number;
}

/** Ranges as a table `r (lane, first, last)` that statements can join. */
export const rangeTable = (sql: Executor, ranges: readonly SealRange[]) => sql`
  unnest(${ranges.map(({ lane }) => lane)}::smallint[], ${ranges.map(({ first }) => first)}::bigint[],
         ${ranges.map(({ last }) => last)}::bigint[]) AS r (lane, first, last)`;

/** In order of lane and number. Invalid days and times (infinity) are returned as PostgreSQL prints them. */
export async function listSeals(sql: Executor, ranges: readonly SealRange[]): Promise<Seal[]> {
  // OFFSET 0 keeps the planner from reading all seals and comparing each one with the ranges.
  return sql<Seal[]>`
    SELECT 1 AS v, s.lane, s.seal::float8 AS seal, coalesce(to_char(day, 'YYYY-MM-DD'), day::text) AS day, entries,
           total::float8 AS total,
           coalesce(to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), sealed_at::text) AS sealed_at,
           encode(root, 'hex') AS root, encode(previous, 'hex') AS previous, encode(hash, 'hex') AS hash
      FROM ${rangeTable(sql, ranges)}
           CROSS JOIN LATERAL (SELECT * FROM audit_seals WHERE lane = r.lane AND seal BETWEEN r.first AND r.last OFFSET 0) s
     ORDER BY s.lane, s.seal`;
}

/** Hashes of a seal's leaves, in order, in hexadecimal. */
export async function listLeaves(sql: Executor, lane: number, seal: number): Promise<string[]> {
  const rows = await sql<{ hash: string }[]>`
    SELECT encode(leaf_hash, 'hex') AS hash FROM audit_log
     WHERE lane = ${lane} AND seal = ${seal} ORDER BY leaf`;
  return rows.map(({ hash }) => hash);
}

/** Appends seals, in order, to a lane, and moves the lane's head to the last one. */
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

export interface Lane {
  lane: number;
  /** Number of its seals, and of the entries in them. */
  seals: number;
  entries: number;
  /** Hash of the newest seal, in hexadecimal. */
  head: string;
  /** The server's time: UTC text with six fractional digits. */
  now: string;
}

/** Locks a free lane of the audit trail; if all are locked, waits for one. */
export async function lockLane(tx: Transaction): Promise<Lane> {
  const [free] = await tx<Lane[]>`${select(tx)} FOR UPDATE SKIP LOCKED LIMIT 1`;
  if (free) return free;
  const [any] = await tx<Lane[]>`
    ${select(tx)} WHERE lane = pg_backend_pid() % (SELECT count(*) FROM audit_lanes) FOR UPDATE`;
  if (!any) throw new Error("The audit trail has no lanes.");
  return any;
}

const select = (tx: Transaction) => tx`
  SELECT lane, seals::float8 AS seals, entries::float8 AS entries, encode(head, 'hex') AS head,
         ${utcNow(tx)} AS now
    FROM audit_lanes`;
