/**
 * What has to be done now and then, whether anybody calls or not. A run works until all is done or its time is up; each
 * of its steps leaves a whole behind, so it may be killed at any moment, and the next one goes on where it stopped.
 */
import type { Log } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import { advanceErasures } from "../erasure/run.ts";
import type { Database } from "../postgres/client.ts";
import { isLocked, newSteps, type Pace, TimeUpError } from "../postgres/lock-retry.ts";
import { transaction } from "../postgres/transaction.ts";
import { ensurePartitions } from "../storage/partitions.ts";
import { type Deleted, deleteExpired, GRACE_MS, hideExpired, nothingDeleted } from "./retention.ts";
import { tryLock } from "./sql/try-lock.ts";
import { refreshStatistics } from "./statistics.ts";

/** "main" in ASCII: any constant that nothing else locks with. */
const ADVISORY_LOCK = 0x6d61696e;

export interface MaintenanceOptions {
  /** When to stop, in milliseconds since the Unix epoch. */
  endsAt: number;
  /** The time that ages are reckoned from, in milliseconds since the Unix epoch; by default now. */
  now?: number;
  /** How long what has been hidden stays whole, in milliseconds; by default a minute. */
  graceMs?: number;
  pace?: Partial<Pace>;
  /** Told of each step before it begins. */
  before?: (name: string) => unknown;
}

export interface Maintained {
  /** Another run is under way; this one has done nothing. */
  busy: boolean;
  /** Whether all was done; if not, the time was up, or a lock was not to be had, and the next run goes on. */
  complete: boolean;
  /** Parts of the work that somebody else's lock kept from being done. */
  postponed: string[];
  partitions_made: string[];
  /** Requests to erase a subject's payloads that have been carried out to the end. */
  erasures_completed: number;
  /** Nothing before it is shown. */
  horizon: string | null;
  deleted: Deleted;
  /** Tables whose statistics are new. */
  analyzed: string[];
}

/** @throws what the database failed with, if it did; what was done before is kept */
export async function maintain(
  deps: { sql: Database; config: Config; log: Log },
  options: MaintenanceOptions,
): Promise<Maintained> {
  const done: Maintained = {
    busy: false,
    complete: true,
    postponed: [],
    partitions_made: [],
    erasures_completed: 0,
    horizon: null,
    deleted: nothingDeleted(),
    analyzed: [],
  };
  const unlock = await lockRun(deps);
  if (unlock === undefined) return { ...done, busy: true, complete: false };
  try {
    await work(deps, options, done);
  } finally {
    await unlock();
    deps.log.info("maintained", { ...done });
  }
  return done;
}

async function work(
  { sql, config }: { sql: Database; config: Config },
  { now = Date.now(), graceMs = GRACE_MS, endsAt, pace = {}, before = () => {} }: MaintenanceOptions,
  done: Maintained,
): Promise<void> {
  const steps = newSteps(sql, { endsAt, pace, before });
  const faults: unknown[] = [];
  // The horizon comes first: partitions are made from there on. Those are what nothing works without.
  await attempt(done, faults, "horizon", async () => {
    done.horizon = await hideExpired(steps, config, now);
  });
  await attempt(done, faults, "partitions", async () => {
    done.partitions_made = await ensurePartitions(sql, config, now, steps);
  });
  await attempt(done, faults, "erasures", async () => {
    await advanceErasures(steps, () => {
      done.erasures_completed++;
    });
  });
  await attempt(done, faults, "retention", () =>
    deleteExpired(steps, config, { now, graceMs, deleted: done.deleted }),
  );
  await attempt(done, faults, "statistics", () => refreshStatistics(steps, done.analyzed));
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1) throw new AggregateError(faults, "Several parts of the maintenance failed.");
}

/** Whatever stops a part does not keep the others from theirs. */
async function attempt(
  done: Maintained,
  faults: unknown[],
  name: string,
  run: () => Promise<void>,
): Promise<void> {
  try {
    await run();
  } catch (error) {
    done.complete = false;
    if (isLocked(error)) done.postponed.push(name);
    else if (!(error instanceof TimeUpError)) faults.push(error);
  }
}

/**
 * Takes the lock that lets one run work at a time, on a connection of its own, so the pool must have two. It goes with
 * the connection, however the process ends. Should the connection be lost in mid-run, two runs may meet, which each step
 * can bear.
 * @returns what gives it back; undefined where another run has it
 */
async function lockRun({ sql }: { sql: Database }): Promise<(() => Promise<void>) | undefined> {
  if (sql.options.max < 2)
    throw new Error("Maintenance needs a pool of two connections: DATABASE_POOL_SIZE=2.");
  const locked = Promise.withResolvers<boolean>();
  const end = Promise.withResolvers<void>();
  const holding = transaction(sql, async (tx) => {
    const mine = await tryLock(tx, ADVISORY_LOCK);
    locked.resolve(mine);
    if (mine) await end.promise;
  });
  holding.catch(locked.reject);
  const unlock = async (): Promise<void> => {
    end.resolve();
    await holding.catch(() => {});
  };
  return (await locked.promise) ? unlock : unlock().then(() => undefined);
}
