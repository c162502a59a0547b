/**
 * Periodic maintenance. A run works until all is done or its time is up; each of its steps leaves a consistent state, so a
 * run may be killed at any moment, and the next one continues.
 */
import { type Archived, nothingArchived, runArchive } from "../archive/archive.ts";
import type { ClientDay } from "../archive/sql/days.ts";
import type { Log } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import { advanceErasures } from "../erasure/run.ts";
import { fillMeters } from "../meters/fill.ts";
import type { Database } from "../postgres/client.ts";
import { isLocked, newSteps, type Pace, TimeUpError } from "../postgres/lock-retry.ts";
import { transaction } from "../postgres/transaction.ts";
import { ensureIndexes } from "../storage/indexes.ts";
import { ensurePartitions } from "../storage/partitions.ts";
import { type Deleted, nothingDeleted } from "./deleted.ts";
import { announcePacking, packOver, sketchMeters } from "./packing.ts";
import { deleteExpired, GRACE_MS, hideExpired } from "./retention.ts";
import { tryLock } from "./sql/try-lock.ts";
import { refreshStatistics } from "./statistics.ts";

/** "main" in ASCII: an arbitrary constant that no other lock uses. */
const ADVISORY_LOCK = 0x6d61696e;

export interface MaintenanceDeps {
  /** A pool of at least two connections. */
  sql: Database;
  config: Config;
  log: Log;
}

export interface MaintenanceOptions {
  /** When to stop, in milliseconds since the Unix epoch. */
  endsAt: number;
  /** The reference time for ages, in milliseconds since the Unix epoch; by default now. */
  now?: number;
  /** How long hidden data stays complete, in milliseconds; by default a minute. */
  graceMs?: number;
  pace?: Partial<Pace>;
  /** Called with each step's name before the step begins. */
  before?: (name: string) => unknown;
  /** Bytes of events after which a file of the archive ends; by default 32 MiB. */
  archiveFileBytes?: number;
}

export interface Maintained {
  /** True if another run is active; this one has done nothing. */
  busy: boolean;
  /** True if all was done. If not, the time was up or a lock was not available, and the next run continues. */
  complete: boolean;
  /** Parts of the work that a lock of another session prevented. */
  postponed: string[];
  partitions_made: string[];
  /** Number of erasures that this run completed. */
  erasures_completed: number;
  /** Number of meters that this run completed. */
  meters_completed: number;
  /** Nothing before it is shown. */
  horizon: string | null;
  /** The first day that is not archived although its week has expired; retention waits for it. */
  waits_for_archive: ClientDay | null;
  deleted: Deleted;
  archived: Archived;
  /** Rows of packed days that were written. */
  days_packed: number;
  /** Tables that were analyzed. */
  analyzed: string[];
  /** Indexes of partitions that were built. */
  indexes_built: string[];
}

/** @throws the database's error, if it fails; finished steps are kept */
export async function maintain(deps: MaintenanceDeps, options: MaintenanceOptions): Promise<Maintained> {
  const done: Maintained = {
    busy: false,
    complete: true,
    postponed: [],
    partitions_made: [],
    erasures_completed: 0,
    meters_completed: 0,
    horizon: null,
    waits_for_archive: null,
    deleted: nothingDeleted(),
    archived: nothingArchived(),
    days_packed: 0,
    analyzed: [],
    indexes_built: [],
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
  { sql, config, log }: MaintenanceDeps,
  {
    now = Date.now(),
    graceMs = GRACE_MS,
    endsAt,
    pace = {},
    before = () => {},
    archiveFileBytes: fileBytes,
  }: MaintenanceOptions,
  done: Maintained,
): Promise<void> {
  const steps = newSteps(sql, { endsAt, pace, before });
  const faults: unknown[] = [];
  // The horizon comes first, since partitions begin there. Partitions come next, since nothing works without them.
  await attempt(done, faults, "horizon", async () => {
    const hidden = await hideExpired(steps, config, now);
    done.horizon = hidden.horizon;
    done.waits_for_archive = hidden.waits ?? null;
  });
  await attempt(done, faults, "partitions", async () => {
    done.partitions_made = await ensurePartitions(sql, config, now, steps);
  });
  const erase = (): Promise<void> =>
    advanceErasures(steps, () => {
      done.erasures_completed++;
    });
  await attempt(done, faults, "erasures", erase);
  await attempt(done, faults, "retention", () =>
    deleteExpired(steps, config, { now, graceMs, deleted: done.deleted }),
  );
  // Announced early and carried out late in the run, so that a long run need not leave it to the next one.
  await attempt(done, faults, "announced days", () => announcePacking(steps, now));
  await attempt(done, faults, "statistics", () => refreshStatistics(steps, done.analyzed));
  // Late, since it may take all the time there is.
  await attempt(done, faults, "meters", () =>
    fillMeters(steps, { completed: () => done.meters_completed++ }),
  );
  // Late, since it takes all of the time that is left while many days are missing; and then what waited for it.
  const { archive: settings } = config;
  if (settings !== undefined) {
    const { archived } = done;
    await attempt(done, faults, "archive", () =>
      runArchive(steps, { settings, log, now, archived, fileBytes }),
    );
    await attempt(done, faults, "erasures", erase);
  }
  await attempt(done, faults, "packed days", () =>
    packOver(steps, graceMs, (days) => {
      done.days_packed += days;
    }),
  );
  // Apart, since a day of very many events may not be done in time.
  await attempt(done, faults, "sketches of meters", () => sketchMeters(steps));
  // Last, since one index may take the rest of the time, and lists are only slower without it.
  await attempt(done, faults, "indexes", () => ensureIndexes(steps, now, done.indexes_built));
  if (faults.length === 1) throw faults[0];
  if (faults.length > 1) throw new AggregateError(faults, "Several parts of the maintenance failed.");
}

/** Runs a part of the work; its failure does not stop the other parts. */
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
 * Takes the lock that allows one run at a time, on a connection of its own, so the pool needs two. The lock ends with the
 * connection, however the process ends. If the connection is lost during a run, two runs may overlap, which each step
 * tolerates.
 * @returns a function that releases the lock; undefined if another run has it
 */
async function lockRun({ sql }: { sql: Database }): Promise<(() => Promise<void>) | undefined> {
  if (sql.options.max < 2)
    throw new Error("Maintenance requires a pool of two connections: set DATABASE_POOL_SIZE=2.");
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
