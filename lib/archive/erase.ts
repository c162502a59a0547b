/**
 * Carries out erasures in the archive, also in days whose events have expired. It begins once an erasure has searched the
 * events: files that are written from then on have no payload to erase. It searches each file of the client, oldest day
 * first, and writes those again that hold a payload of the subject.
 */
import { hash } from "node:crypto";
import { parseExact } from "../base/json.ts";
import { DAY_MS } from "../base/time.ts";
import { canonicalText, ERASED, pathOf, scalarAt, toScalar } from "../erasure/subject.ts";
import { step } from "../postgres/lock-retry.ts";
import { archiveDay } from "./archive-day.ts";
import { type ArchivedEvent, microsOf, utcText } from "./archived-event.ts";
import { fileKey } from "./manifest.ts";
import { FileWriter, readFile } from "./parquet.ts";
import { ArchiveFaultError, ClaimedError, putFile, putManifest, type Run, stepOn } from "./run.ts";
import { type ClientDay, claimDay, listDays, readDay } from "./sql/days.ts";
import { type ArchiveErasure, listArchiveErasures, noteArchiveSearched } from "./sql/erasures.ts";
import { type ArchiveFile, type Content, listFiles } from "./sql/files.ts";

/** Days that are read from the database at a time. */
const DAYS = 1_000;
/** An event's time may be a day after its arrival, and clocks may differ by another day. */
const AHEAD_DAYS = 2;

/**
 * Searches the archive for every erasure that is that far, as far as possible.
 * @param erased called for each file that is written again
 * @returns faults of single clients, whose erasures wait; the others' are done
 */
export async function eraseArchived(run: Run, erased: () => void): Promise<ArchiveFaultError[]> {
  const faults: ArchiveFaultError[] = [];
  const open = Map.groupBy(await listArchiveErasures(run.steps.sql), (erasure) => erasure.client_id);
  for (const [clientId, erasures] of open) {
    try {
      await eraseOfClient(run, clientId, erasures, erased);
    } catch (error) {
      if (error instanceof ArchiveFaultError) faults.push(error);
      else if (error instanceof ClaimedError) run.log.warn("archive-claimed", { error });
      else throw error;
    }
  }
  return faults;
}

async function eraseOfClient(
  run: Run,
  clientId: string,
  erasures: readonly ArchiveErasure[],
  erased: () => void,
): Promise<void> {
  const starts = erasures.map(({ archive_to: to }) => to ?? "").sort();
  let after = starts[0] || null;
  for (;;) {
    const days = await listDays(run.steps.sql, clientId, after, DAYS);
    for (const day of days) {
      const due = erasures.filter(({ archive_to: to }) => to === null || to < day);
      await eraseDay(run, { clientId, day }, due, erased);
      after = day;
    }
    if (days.length < DAYS) break;
  }
  const ids = erasures.map(({ erasure_id: id }) => id);
  await step(run.steps, "end an erasure in the archive", (tx) => noteArchiveSearched(tx, ids, "infinity"));
}

async function eraseDay(
  run: Run,
  day: ClientDay,
  due: readonly ArchiveErasure[],
  erased: () => void,
): Promise<void> {
  await step(run.steps, "claim a day of the archive", (tx) => claimDay(tx, day, run.claim));
  const concerned = due.filter(
    ({ requested_at: at }) => Date.parse(day.day) <= Date.parse(at) + AHEAD_DAYS * DAY_MS,
  );
  if (concerned.length > 0) await search(run, day, matcherOf(concerned), erased);
  const ids = due.map(({ erasure_id: id }) => id);
  await stepOn(run, day, "record an erasure's progress in the archive", (tx) =>
    noteArchiveSearched(tx, ids, day.day),
  );
}

type Matcher = (event: ArchivedEvent) => boolean;

async function search(run: Run, day: ClientDay, matches: Matcher, erased: () => void): Promise<void> {
  let files = await listFiles(run.steps.sql, day);
  // A run ended in the middle of the day; its events are still in the database.
  if (files.length === 0 || files.some(({ content }) => content === null)) {
    await archiveDay(run, day);
    files = await listFiles(run.steps.sql, day);
  }
  for (const file of files) if (await eraseFile(run, day, file, matches)) erased();
  const { finished, feed } = await readDay(run.steps.sql, day);
  if (!finished) await putManifest(run, day, feed);
}

/** @returns true if the file was written again */
async function eraseFile(run: Run, day: ClientDay, file: ArchiveFile, matches: Matcher): Promise<boolean> {
  const key = fileKey(day, file.part);
  const bytes = await run.store.get(key);
  if (bytes === undefined) {
    // Deleted by somebody who may, such as a rule of the bucket: nothing is left to erase.
    run.log.warn("archive-file-missing", { key });
    return false;
  }
  const sha256 = hash("sha256", bytes, "hex");
  if (sha256 !== file.content?.sha256 && sha256 !== file.pending)
    throw new ArchiveFaultError(`${key} is not what was written: its SHA-256 is ${sha256}.`);
  if (file.pending === null && !(await anyMatches(bytes, matches))) return false;
  await putFile(run, day, file.part, await withoutPayloads(bytes, matches));
  return true;
}

async function anyMatches(bytes: Uint8Array, matches: Matcher): Promise<boolean> {
  for await (const events of readFile(bytes)) if (events.some(matches)) return true;
  return false;
}

async function withoutPayloads(
  bytes: Uint8Array,
  matches: Matcher,
): Promise<Omit<Content, "bytes" | "sha256"> & { bytes: Uint8Array }> {
  const file = new FileWriter();
  let [rows, first, last] = [0, 0n, 0n];
  for await (const events of readFile(bytes)) {
    for (const event of events) {
      file.add(matches(event) ? { ...event, payload: ERASED } : event);
      if (rows === 0) first = event.event_time;
      last = event.event_time;
      rows++;
    }
  }
  return { bytes: file.finish(), rows, minTime: utcText(first), maxTime: utcText(last) };
}

/** Decides whether an event is one of those to erase: received before a request, with its value at its property. */
function matcherOf(erasures: readonly ArchiveErasure[]): Matcher {
  const subjects = erasures.map(({ property, value, requested_at: at }) => {
    const path = pathOf(property);
    const scalar = toScalar(parseExact(value));
    // Both were validated on arrival.
    if (path === undefined || scalar === undefined) throw new Error("The erasure has no property or value.");
    return { path, text: canonicalText(scalar), type: scalar.type, until: microsOf(at) };
  });
  return ({ payload, received_at: received }) => {
    const possible = subjects.filter(({ until }) => received <= until);
    if (possible.length === 0 || payload === ERASED) return false;
    const parsed = parseExact(payload);
    return possible.some(({ path, type, text }) => {
      const found = scalarAt(parsed, path);
      return found?.type === type && canonicalText(found) === text;
    });
  };
}
