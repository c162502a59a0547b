/**
 * Writes one day of one client. Each file is read in one statement and written in one request; a run that ends anywhere
 * leaves files that hold each event at most once, and the next run writes what is missing.
 */
import { fromStoredTrace } from "../base/trace-context.ts";
import { step } from "../postgres/lock-retry.ts";
import { type ArchivedEvent, FIXED_BYTES, sizeOf, utcText } from "./archived-event.ts";
import { FileWriter } from "./parquet.ts";
import { ArchiveFaultError, endOf, putFile, putManifest, type Run, stepOn } from "./run.ts";
import { type ClientDay, claimDay, readFeedEnd } from "./sql/days.ts";
import { type ArchiveFile, insertFile, listFiles, type Place } from "./sql/files.ts";
import {
  countStretch,
  measureStretch,
  type ReadEvent,
  readInOrder,
  type Stretch,
  streamStretch,
} from "./sql/read-events.ts";

/**
 * Brings a day's files and its manifest up to date with the events. Files that have all their events are not written again.
 * @returns the number of events in the day's files, and of written files
 * @throws {ClaimedError} if another run works on the day
 * @throws {ArchiveFaultError} if files have events that the database does not have
 */
export async function archiveDay(run: Run, day: ClientDay): Promise<{ rows: number; written: number }> {
  const start: Place = { time: `${day.day}T00:00:00.000000Z`, id: "" };
  // Committed before anything is read: an erasure that does not see the claim is carried out in what is read.
  await step(run.steps, "claim a day of the archive", (tx) => claimDay(tx, day, run.claim));
  const feed = await readFeedEnd(run.steps.sql);
  const files = await listFiles(run.steps.sql, day);
  if (files.length === 0) {
    const first = { part: 0, from: start };
    await stepOn(run, day, "add a file to the archive", (tx) => insertFile(tx, day, first));
    files.push({ ...first, content: null, pending: null });
  }
  let written = 0;
  let divided: { part: number; limit: number } | undefined;
  for (let n = 0; n < files.length; n++) {
    const file = files[n] as ArchiveFile;
    const end = files[n + 1]?.from ?? endOf(day);
    const stretch = { clientId: day.clientId, from: file.from, end };
    if (await isComplete(run, day, file, stretch)) continue;
    const limit: number =
      divided?.part === file.part ? divided.limit : await limitFor(run, day, file, stretch);
    const part = Math.max(...files.map((one) => one.part)) + 1;
    const next = await writeFile(run, day, { file, stretch, limit, part });
    if (next !== undefined) files.splice(n + 1, 0, next);
    divided = next && { part, limit };
    written++;
  }
  return { rows: await putManifest(run, day, feed), written };
}

/** True if a file has all events of its stretch. Events are never removed from a stretch, so their number tells. */
async function isComplete(
  run: Run,
  day: ClientDay,
  { part, content, pending }: ArchiveFile,
  stretch: Stretch,
): Promise<boolean> {
  if (content === null) return false;
  const count = await stepOn(run, day, "count events for the archive", (tx) => countStretch(tx, stretch));
  if (count < content.rows)
    throw new ArchiveFaultError(
      `File ${part} of ${day.clientId} ${day.day} has ${content.rows} events, the database ${count}.`,
    );
  return pending === null && count === content.rows;
}

/**
 * Writes the events of a stretch to its file, or the first of them if they are too many for one.
 * @param limit bytes after which the file ends
 * @param part number of a further file
 * @returns the file for the rest, which is not written yet
 */
async function writeFile(
  run: Run,
  day: ClientDay,
  { file, stretch, limit, part }: { file: ArchiveFile; stretch: Stretch; limit: number; part: number },
): Promise<ArchiveFile | undefined> {
  const { bytes, rows, minTime, maxTime, rest } = await stepOn(
    run,
    day,
    "read events for the archive",
    async (tx) => {
      await readInOrder(tx);
      // Enough to find the first event that does not fit.
      return encode(streamStretch(tx, stretch, Math.ceil(limit / FIXED_BYTES) + 1), limit);
    },
  );
  if (rows === 0)
    throw new ArchiveFaultError(
      `The database has no events for ${day.clientId} ${day.day}, file ${file.part}.`,
    );
  const next = rest && { part, from: rest, content: null, pending: null };
  await putFile(run, day, file.part, { bytes, rows, minTime, maxTime }, async (tx) => {
    if (next !== undefined) await insertFile(tx, day, next);
  });
  return next;
}

async function limitFor(
  run: Run,
  day: ClientDay,
  { content }: ArchiveFile,
  stretch: Stretch,
): Promise<number> {
  if (content === null) return run.fileBytes;
  const total = await stepOn(run, day, "measure events for the archive", (tx) =>
    measureStretch(tx, stretch, FIXED_BYTES),
  );
  return limitOf(total, run.fileBytes);
}

/**
 * Bytes after which a file that is written again ends. A file may grow by half, and is divided evenly then: otherwise each late
 * event of a full file would add a file of its own.
 * @param total bytes of the file's events
 * @returns at most twice `fileBytes`
 */
export const limitOf = (total: number, fileBytes: number): number =>
  total <= 1.5 * fileBytes ? 2 * fileBytes : total / Math.ceil(total / fileBytes);

interface Encoded {
  bytes: Uint8Array;
  rows: number;
  /** UTC text; empty without events. */
  minTime: string;
  maxTime: string;
  /** The first event that did not fit. */
  rest?: Place;
}

async function encode(batches: AsyncIterable<ReadEvent[]>, fileBytes: number): Promise<Encoded> {
  const file = new FileWriter();
  let [rows, size, minTime, maxTime] = [0, 0, "", ""];
  for await (const batch of batches) {
    for (const row of batch) {
      const time = utcText(BigInt(row.event_time));
      if (size >= fileBytes)
        return { bytes: file.finish(), rows, minTime, maxTime, rest: { time, id: row.event_id } };
      const event = toArchived(row);
      file.add(event);
      size += sizeOf(event);
      rows++;
      if (minTime === "") minTime = time;
      maxTime = time;
    }
  }
  return { bytes: file.finish(), rows, minTime, maxTime };
}

const toArchived = ({ trace, ...row }: ReadEvent): ArchivedEvent => ({
  ...row,
  event_time: BigInt(row.event_time),
  received_at: BigInt(row.received_at),
  processed_at: BigInt(row.processed_at),
  traceparent: trace === null ? null : fromStoredTrace(trace),
});
