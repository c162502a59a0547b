/**
 * The archive: closed days as Parquet in a bucket, one folder for each client and day. Part of the maintenance, which allows
 * one run at a time. If two runs overlap nevertheless, the later one claims each day that it works on.
 */
import { randomUUID } from "node:crypto";
import { ObjectStore } from "../aws/object-store.ts";
import type { Log } from "../base/log.ts";
import { DAY_MS, HOUR_MS } from "../base/time.ts";
import type { ArchiveSettings } from "../config/archive.ts";
import type { Steps } from "../postgres/lock-retry.ts";
import { archiveDay } from "./archive-day.ts";
import { eraseArchived } from "./erase.ts";
import { ArchiveFaultError, ClaimedError, type Run } from "./run.ts";
import { listWaiting } from "./waiting.ts";

/**
 * A day is closed this long after its end (UTC), in milliseconds. Longer than a queue is usually behind, so that few events
 * arrive later; each of those causes its file to be written again.
 */
export const CLOSED_AFTER_MS = 6 * HOUR_MS;
/**
 * Bytes of events, before compression, after which a file ends; late events may double it. One file is in memory at a time,
 * beside the rows that it is made of, within the 512 MiB of the function. Engines read files of a few megabytes well.
 */
const FILE_BYTES = 32 * 1_048_576;
/** Days that are listed at a time. */
const DAYS = 1_000;
/** Reserved before the end of the time: a request that has begun ends within this time. */
const RESERVE_MS = 30_000;

/** What a run archived. */
export interface Archived {
  /** Days of clients that are complete now. */
  days: number;
  files: number;
  /** Events in those days' files. */
  events: number;
  /** Files of which an erasure replaced payloads. */
  erased_files: number;
}

export const nothingArchived = (): Archived => ({ days: 0, files: 0, events: 0, erased_files: 0 });

export interface ArchiveOptions {
  settings: ArchiveSettings;
  log: Log;
  /** Milliseconds since the Unix epoch. */
  now: number;
  /** Counts up during the work, so that it is also correct if the time runs out. */
  archived: Archived;
  fileBytes?: number | undefined;
}

/** 00:00 UTC of the first day that is not closed. @param now milliseconds since the Unix epoch */
export const closedBefore = (now: number): string =>
  new Date(Math.floor((now - CLOSED_AFTER_MS) / DAY_MS) * DAY_MS).toISOString();

/**
 * Carries out erasures in the archive, then writes what is missing of closed days, oldest first.
 * @throws {TimeUpError} if the time is up; the next run continues
 * @throws the bucket's or the database's error, if it fails
 * @throws {AggregateError} if the archive contradicts the database somewhere, after everything else is done
 */
export async function runArchive(
  { endsAt, ...steps }: Steps,
  { settings, log, now, archived, fileBytes = FILE_BYTES }: ArchiveOptions,
): Promise<void> {
  const store = new ObjectStore(settings);
  const run: Run = {
    steps: { ...steps, endsAt: endsAt - RESERVE_MS },
    store,
    log,
    claim: randomUUID(),
    fileBytes,
  };
  try {
    const faults = await eraseArchived(run, () => {
      archived.erased_files++;
    });
    faults.push(...(await archiveDays(run, closedBefore(now), archived)));
    if (faults.length > 0) throw new AggregateError(faults, faults.map(({ message }) => message).join(" "));
  } finally {
    await store.close();
  }
}

async function archiveDays(run: Run, end: string, archived: Archived): Promise<ArchiveFaultError[]> {
  const faults: ArchiveFaultError[] = [];
  // A day that fails, or that gets events all the time, is tried once in a run.
  const tried = new Set<string>();
  for (;;) {
    const waiting = await listWaiting(run.steps.sql, end, DAYS);
    const days = waiting.filter(({ clientId, day }) => !tried.has(`${clientId} ${day}`));
    if (days.length === 0) return faults;
    for (const day of days) {
      tried.add(`${day.clientId} ${day.day}`);
      try {
        const { rows, written } = await archiveDay(run, day);
        archived.days++;
        archived.files += written;
        archived.events += rows;
        run.log.info("archive-day", { client: day.clientId, day: day.day, rows, written });
      } catch (error) {
        if (error instanceof ArchiveFaultError) faults.push(error);
        else if (error instanceof ClaimedError) run.log.warn("archive-claimed", { error });
        else throw error;
      }
    }
  }
}
