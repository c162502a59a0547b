import type { Transaction } from "./client.ts";
import { utcNow } from "./fragments.ts";

export interface Lane {
  lane: number;
  /** Number of its seals so far, and of the entries in them. */
  seals: number;
  entries: number;
  /** Hash of the newest seal, in hexadecimal. */
  head: string;
  /** The server's time: UTC text with six fractional digits. */
  now: string;
}

/** Locks a lane of the audit trail that nobody else has; where all are taken, waits for one. */
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
