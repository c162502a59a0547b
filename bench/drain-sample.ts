/** Measures how fast workers store what is in the queue. */
import type { Deps } from "../lib/app/connect.ts";
import { empty, type Filling, fill } from "./fill.ts";
import { type Sample, withProcessor } from "./measure.ts";

/** Events per second of a repeat: about what the worker settles. */
const EVENTS_A_SECOND = 40_000;

export interface Place {
  deps: Deps;
  secret: string;
  /** Runs before each repeat. */
  prepare?: () => Promise<void>;
}

/** One repeat: fills the queue, and measures how long the workers take to store it. */
export async function drainSample(
  { deps, secret, prepare }: Place,
  batch: number,
  workers: number,
  filling: Omit<Filling, "events">,
  seconds: number,
): Promise<Sample> {
  await prepare?.();
  await deps.redis.flushdb();
  const round = batch * workers;
  const events = Math.max(round, Math.ceil((seconds * EVENTS_A_SECOND) / round) * round);
  await fill(deps, secret, { ...filling, events });
  const before = await walPosition(deps);
  const drained = await withProcessor(async () => {
    const took = await empty(deps, workers, batch / filling.perRequest);
    return { count: events, perSecond: events / took };
  });
  return { ...drained, walBytes: ((await walPosition(deps)) - before) / events };
}

async function walPosition({ sql }: Deps): Promise<number> {
  const [row] = await sql<{ at: number }[]>`
    SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::float8 AS at`;
  return row?.at ?? 0;
}
