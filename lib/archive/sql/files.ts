import type { Executor, Transaction } from "../../postgres/client.ts";
import { time, utc } from "../../postgres/fragments.ts";
import type { ClientDay } from "./days.ts";

/** A place in a day: the time of an event, as UTC text, and its id. */
export interface Place {
  time: string;
  id: string;
}

/** What a written file holds. */
export interface Content {
  rows: number;
  bytes: number;
  /** Hexadecimal. */
  sha256: string;
  /** UTC text. */
  minTime: string;
  maxTime: string;
}

/** A file of a day, which holds the events from `from` up to the next file. */
export interface ArchiveFile {
  part: number;
  from: Place;
  /** Null before it is written for the first time. */
  content: Content | null;
  /** Set if a run began to write other content: the bucket has the one or the other. Hexadecimal. */
  pending: string | null;
}

interface FileRow extends Omit<Content, "bytes"> {
  part: number;
  from_time: string;
  from_id: string;
  bytes: number | null;
  pending: string | null;
}

/** A day's files, in the order of their events. */
export async function listFiles(sql: Executor, { clientId, day }: ClientDay): Promise<ArchiveFile[]> {
  const rows = await sql<FileRow[]>`
    SELECT part, ${utc(sql, "from_time")} AS from_time, from_id, rows::float8 AS rows, bytes::float8 AS bytes,
           encode(sha256, 'hex') AS sha256, ${utc(sql, "min_time")} AS "minTime", ${utc(sql, "max_time")} AS "maxTime",
           encode(pending_sha256, 'hex') AS pending
      FROM archive_files f
     WHERE client_id = ${clientId} AND day = ${day}::text::date
     ORDER BY f.from_time, f.from_id`;
  return rows.map(({ part, from_time, from_id, bytes, pending, ...content }) => ({
    part,
    from: { time: from_time, id: from_id },
    content: bytes === null ? null : { ...content, bytes },
    pending,
  }));
}

/** Adds a file that is not written yet. */
export async function insertFile(
  tx: Transaction,
  { clientId, day }: ClientDay,
  { part, from }: Pick<ArchiveFile, "part" | "from">,
): Promise<void> {
  await tx`
    INSERT INTO archive_files (client_id, day, part, from_time, from_id)
    VALUES (${clientId}, ${day}::text::date, ${part}, ${time(tx, from.time)}, ${from.id})`;
}

/** Records that a file is about to be written. @param sha256 of its new content, hexadecimal */
export async function notePending(
  tx: Transaction,
  { clientId, day }: ClientDay,
  part: number,
  sha256: string,
): Promise<void> {
  await tx`
    UPDATE archive_files SET pending_sha256 = decode(${sha256}, 'hex')
     WHERE client_id = ${clientId} AND day = ${day}::text::date AND part = ${part}`;
}

/** Records that a file was written. */
export async function noteWritten(
  tx: Transaction,
  { clientId, day }: ClientDay,
  part: number,
  { rows, bytes, sha256, minTime, maxTime }: Content,
): Promise<void> {
  await tx`
    UPDATE archive_files
       SET rows = ${rows}, bytes = ${bytes}, sha256 = decode(${sha256}, 'hex'), min_time = ${time(tx, minTime)},
           max_time = ${time(tx, maxTime)}, pending_sha256 = NULL
     WHERE client_id = ${clientId} AND day = ${day}::text::date AND part = ${part}`;
}
