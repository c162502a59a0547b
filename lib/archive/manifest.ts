/** Names of the archive's objects, and the manifest that lists a day's files. */
import type { ClientDay, FeedPlace } from "./sql/days.ts";
import type { ArchiveFile } from "./sql/files.ts";

/**
 * A day's folder, in the naming of Hive, from which engines read the client and the day. A client's id consists of lower-case
 * letters, digits and hyphens.
 */
export const folderOf = ({ clientId, day }: ClientDay): string => `events/client=${clientId}/day=${day}/`;

const nameOf = (part: number): string => `part-${String(part).padStart(5, "0")}.parquet`;

export const fileKey = (day: ClientDay, part: number): string => `${folderOf(day)}${nameOf(part)}`;

/** Hive, Spark, Athena and Arrow skip names that begin with an underscore when they read all files of a folder. */
export const manifestKey = (day: ClientDay): string => `${folderOf(day)}_manifest.json`;

/** A day's files, and what they were made from. */
export interface Manifest {
  version: 1;
  client: string;
  day: string;
  /** RFC 3339. */
  created_at: string;
  rows: number;
  /** Times of the first and the last event, RFC 3339. */
  min_time: string;
  max_time: string;
  /** All events of the day up to this position of the change feed are in the files. */
  feed: FeedPlace | null;
  files: {
    /** In the manifest's folder. */
    name: string;
    rows: number;
    bytes: number;
    sha256: string;
    min_time: string;
    max_time: string;
  }[];
}

/**
 * @param files in the order of their events, at least one
 * @param at RFC 3339
 * @throws {Error} if a file is not written
 */
export function manifestOf(
  { clientId, day }: ClientDay,
  files: readonly ArchiveFile[],
  { feed, at }: { feed: FeedPlace | null; at: string },
): Manifest {
  const listed = files.map(({ part, content, pending }) => {
    if (content === null || pending !== null)
      throw new Error(`File ${part} of ${clientId} ${day} is not written.`);
    const { rows, bytes, sha256, minTime: min_time, maxTime: max_time } = content;
    return { name: nameOf(part), rows, bytes, sha256, min_time, max_time };
  });
  return {
    version: 1,
    client: clientId,
    day,
    created_at: at,
    rows: listed.reduce((sum, { rows }) => sum + rows, 0),
    min_time: listed[0]?.min_time ?? "",
    max_time: listed.at(-1)?.max_time ?? "",
    feed,
    files: listed,
  };
}
