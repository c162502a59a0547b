/** What the parts of a run share: its claim on days, its limits, and how a file gets into the bucket. */
import { hash } from "node:crypto";
import type { ObjectStore } from "../aws/object-store.ts";
import type { Log } from "../base/log.ts";
import { DAY_MS } from "../base/time.ts";
import type { Transaction } from "../postgres/client.ts";
import { type Steps, step } from "../postgres/lock-retry.ts";
import { fileKey, manifestKey, manifestOf } from "./manifest.ts";
import { type ClientDay, type FeedPlace, lockDay, noteFinished, noteStale } from "./sql/days.ts";
import { type Content, listFiles, notePending, noteWritten, type Place } from "./sql/files.ts";

export interface Run {
  steps: Steps;
  store: ObjectStore;
  log: Log;
  /** A UUID that no other run has. */
  claim: string;
  /** Bytes of events, before compression, after which a file ends. */
  fileBytes: number;
}

/** Another run has claimed the day. This one leaves it alone. */
export class ClaimedError extends Error {
  override name = "ClaimedError";
}

/** The archive contradicts the database, so that nothing may be written. The message says which day. */
export class ArchiveFaultError extends Error {
  override name = "ArchiveFaultError";
}

/** Runs a step on a day that this run has claimed. @throws {ClaimedError} */
export const stepOn = <T>(
  { steps, claim }: Run,
  day: ClientDay,
  name: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> =>
  step(steps, name, async (tx) => {
    if (!(await lockDay(tx, day, claim)))
      throw new ClaimedError(`Another run works on ${day.clientId} ${day.day}.`);
    return work(tx);
  });

/** Where the day after a day begins. */
export const endOf = ({ day }: ClientDay): Place => ({
  time: new Date(Date.parse(day) + DAY_MS).toISOString(),
  id: "",
});

/**
 * Writes a file in the place of the one before. The database knows what may be in the bucket before it is there, and that it is
 * there only afterwards.
 * @param also runs in the transaction that records the file
 */
export async function putFile(
  run: Run,
  day: ClientDay,
  part: number,
  { bytes, ...content }: Omit<Content, "bytes" | "sha256"> & { bytes: Uint8Array },
  also: (tx: Transaction) => Promise<void> = async () => {},
): Promise<void> {
  const sha256 = hash("sha256", bytes, "hex");
  await stepOn(run, day, "announce a file of the archive", async (tx) => {
    await noteStale(tx, day);
    await notePending(tx, day, part, sha256);
  });
  await run.store.put(fileKey(day, part), bytes, "application/vnd.apache.parquet");
  await stepOn(run, day, "record a file of the archive", async (tx) => {
    await noteWritten(tx, day, part, { ...content, bytes: bytes.byteLength, sha256 });
    await also(tx);
  });
  run.log.info("archive-file", {
    client: day.clientId,
    day: day.day,
    part,
    rows: content.rows,
    bytes: bytes.byteLength,
  });
}

/** Writes a day's manifest from what the database knows of its files. @returns the day's events */
export async function putManifest(run: Run, day: ClientDay, feed: FeedPlace | null): Promise<number> {
  const at = new Date().toISOString();
  const manifest = manifestOf(day, await listFiles(run.steps.sql, day), { feed, at });
  const text = `${JSON.stringify(manifest, undefined, 2)}\n`;
  await run.store.put(manifestKey(day), text, "application/json");
  await stepOn(run, day, "record a manifest of the archive", (tx) =>
    noteFinished(tx, day, { rows: manifest.rows, sha256: hash("sha256", text, "hex"), at, feed }),
  );
  return manifest.rows;
}
