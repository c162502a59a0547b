/**
 * Counts accepted events that are not settled. Redis counts what waits, in the notes of receipts, and PostgreSQL has what
 * is settled; each look compares the two and removes from Redis what it missed. See docs/decisions/0023.
 */

import { isUuid } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import { outage } from "../http/errors.ts";
import { Problem } from "../http/problem.ts";
import { outageWait } from "../http/rate-limit.ts";
import type { Intake } from "../ingest/intake.ts";
import { lookScript } from "../pending/lua/look.ts";
import { markCountedScript } from "../pending/lua/mark-counted.ts";
import { type Note, parseNote } from "../pending/note.ts";
import type { SettledPart } from "../pending/notes.ts";
import { Notes } from "../pending/notes.ts";
import type { Database } from "../postgres/client.ts";
import type { Recounted } from "../queue/sqs/recount.ts";
import type { RedisConnection } from "../redis/connection.ts";
import type { Shard } from "../redis/keys.ts";
import type { Shards } from "../redis/shards.ts";
import { hasSettledBefore } from "../storage/sql/has-settled-before.ts";
import { type ClientTotals, readSettled, type SettledRow } from "./sql/read-settled.ts";

/** How many of a shard's notes, oldest first, one look compares with PostgreSQL, and the maximum number of looks. */
const NOTES_PER_LOOK = 500;
const MOST_LOOKS = 10;
/** No further look begins after this time, which does not include a recount. */
const BUDGET_MS = 1_000;
/** A request is answered within a minute; after that its second step has succeeded or failed. */
const CONFIRMED_MS = 60_000;
/** How long events count that were neither confirmed nor settled, although the queue has moved past them. */
const UNCONFIRMED_MS = 15 * 60_000;

interface OpenNote extends Note {
  id: string;
  ageMs: number;
}

interface ShardLook {
  shard: Shard;
  waiting: Map<string, number>;
  notes: OpenNote[];
  /** Ids without a note: a worker of an earlier version removed it. */
  orphans: string[];
  /** Redis' time, in milliseconds. */
  now: number;
  /** Time since which notes may be missing, in milliseconds; undefined if they are complete. */
  uncountedSince: number | undefined;
  /** True if Redis came back empty and notes may still be missing. */
  emptied: boolean;
}

export interface Waiting {
  /** Waiting events by client, of clients that have some. */
  waiting: Map<string, number>;
  /** Settled events as of the same moment. */
  totals: ClientTotals[];
}

export type WaitingDeps = {
  sql: Database;
  redis: RedisConnection;
  shards: Shards;
  config: Config;
  log: Log;
  intake: Intake;
};

/**
 * Reads Redis first. Then one statement reads the totals and what was settled in between, which is subtracted from what
 * waits, so no event counts twice or not at all.
 * @param clientId null for all clients
 * @throws {Problem} `queue-unavailable` if Redis fails; any error of PostgreSQL
 */
export async function readWaiting(deps: WaitingDeps, clientId: string | null): Promise<Waiting> {
  const lookNow = (): Promise<ShardLook[]> => lookAll(deps, clientId).catch(outage("queue"));
  let seen = await lookNow();
  const recounted = await recount(deps, seen);
  if (recounted !== undefined) seen = await lookNow();
  const endsAt = performance.now() + BUDGET_MS;
  for (let looks = 1; ; looks++) {
    const { read, again } = await compare(deps, clientId, seen);
    if (!again || looks === MOST_LOOKS || performance.now() > endsAt) {
      if (isTooLow(recounted, seen, read)) throw notCounted();
      return read;
    }
    seen = await lookNow();
  }
}

/**
 * If Redis came back empty, any number may be too low until the recount is complete. After a restart the notes are most
 * likely complete, and only the answer that nothing waits is withheld.
 */
function isTooLow(recount: Recount | undefined, seen: readonly ShardLook[], { waiting }: Waiting): boolean {
  const { counted, lost } = recount ?? { counted: "complete", lost: [] };
  // Lost again after the recount, or during it.
  const isKnown = (one: ShardLook): boolean =>
    lost.some(({ shard, uncountedSince }) => shard === one.shard && uncountedSince === one.uncountedSince);
  if (seen.some((one) => one.emptied && !isKnown(one))) return true;
  if (counted === "complete" || counted === "likely") return false;
  return seen.some(({ emptied }) => emptied) || (counted === "hidden" && sumOf(waiting.values()) === 0);
}

const notCounted = (): Problem =>
  new Problem(
    "queue-unavailable",
    "Redis lost data, and not all messages in the queue have been recounted yet.",
    {
      headers: { "retry-after": outageWait() },
    },
  );

interface Recount {
  counted: Recounted;
  /** Shards that may have lost notes. */
  lost: readonly ShardLook[];
}

/** Counts the queue's messages again if Redis may have lost notes. @returns undefined if it has lost none */
async function recount(
  { sql, redis, intake }: WaitingDeps,
  seen: readonly ShardLook[],
): Promise<Recount | undefined> {
  const lost = seen.filter(({ uncountedSince }) => uncountedSince !== undefined);
  if (lost.length === 0) return undefined;
  const forMs = Math.min(...lost.map(({ now, uncountedSince = now }) => now - uncountedSince));
  const isNew = !(await hasSettledBefore(sql, forMs));
  const counted = isNew ? "complete" : await intake.recount(forMs).catch(outage("queue"));
  if (counted === "complete") {
    const marks = lost.map(({ shard, uncountedSince = 0 }) =>
      markCountedScript(redis, [shard.counted], [uncountedSince]),
    );
    await Promise.all(marks).catch(outage("queue"));
  }
  return { counted, lost };
}

/** @returns what waits, and whether there may be more settled parts than this look has compared */
async function compare(
  deps: WaitingDeps,
  clientId: string | null,
  seen: readonly ShardLook[],
): Promise<{ read: Waiting; again: boolean }> {
  const ids = seen.flatMap(({ notes }) => notes.map(({ id }) => id)).filter(isUuid);
  const { totals, parts } = await readSettled(deps.sql, clientId, ids);
  const missed = findMissed(seen, parts);
  const read = { waiting: subtract(seen, missed), totals };
  if (missed.length > 0 || seen.some(({ orphans }) => orphans.length > 0)) await close(deps, seen, missed);
  await dropUnconfirmed(deps, seen, missed);
  const full = seen.some(({ notes }) => notes.length === NOTES_PER_LOOK);
  return { read, again: full && missed.length > 0 };
}

async function lookAll(deps: WaitingDeps, clientId: string | null): Promise<ShardLook[]> {
  const { shards } = deps;
  const places = clientId === null ? shards.all : [shards.of(clientId)];
  return Promise.all(places.map((shard) => look(deps, shard, clientId)));
}

async function look({ redis }: WaitingDeps, shard: Shard, clientId: string | null): Promise<ShardLook> {
  const reply = await lookScript(redis, [...shard.notes, shard.counted], [clientId ?? "", NOTES_PER_LOOK]);
  const [now, counts, scored, texts, since, emptied] = reply as [
    number,
    string[],
    string[],
    (string | null)[],
    string,
    number,
  ];
  const notes: OpenNote[] = [];
  const orphans: string[] = [];
  for (const [position, text] of texts.entries()) {
    const id = scored[2 * position] ?? "";
    if (text === null) orphans.push(id);
    else notes.push({ ...parseNote(text), id, ageMs: now - Number(scored[2 * position + 1]) });
  }
  const uncountedSince = since === "" ? undefined : Number(since);
  return { shard, waiting: toCounts(counts), notes, orphans, now, uncountedSince, emptied: emptied === 1 };
}

/** @param flat alternating names and numbers */
function toCounts(flat: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (let at = 0; at < flat.length; at += 2) counts.set(flat[at] ?? "", Number(flat[at + 1]));
  return counts;
}

/** Parts that Redis counts as waiting although PostgreSQL has settled them. */
function findMissed(seen: readonly ShardLook[], settled: readonly SettledRow[]): SettledPart[] {
  const rows = Map.groupBy(settled, ({ id }) => id);
  return seen
    .flatMap(({ notes }) => notes)
    .flatMap(({ id, clientId, sending, parts }) =>
      (rows.get(id) ?? []).flatMap(({ part, events }): SettledPart[] =>
        clientId === undefined || parts.has(part) === sending
          ? []
          : [{ place: { id, part }, clientId, events }],
      ),
    );
}

function subtract(seen: readonly ShardLook[], missed: readonly SettledPart[]): Map<string, number> {
  const waiting = new Map(seen.flatMap((one) => [...one.waiting]));
  for (const { clientId, events } of missed) {
    const count = waiting.get(clientId);
    if (count !== undefined) waiting.set(clientId, Math.max(0, count - events));
  }
  return waiting;
}

/** If Redis fails, the next look does this. */
async function close(
  { redis, shards, config, log }: WaitingDeps,
  seen: readonly ShardLook[],
  missed: SettledPart[],
) {
  const notes = new Notes(redis, shards, config.queue);
  await Promise.all([
    notes.settle(missed),
    ...seen.map(({ shard, orphans }) => notes.drop(shard, orphans)),
  ]).catch((error: Error) => log.warn("notes-not-closed", { messages: missed.length, error }));
}

/** Removes notes that no longer count. If Redis fails, the next look does this. */
async function dropUnconfirmed(
  { redis, shards, config, log }: WaitingDeps,
  seen: readonly ShardLook[],
  missed: readonly SettledPart[],
): Promise<void> {
  const settled = new Map<string, number>();
  for (const { place, events } of missed) settled.set(place.id, (settled.get(place.id) ?? 0) + events);
  const drop = new Notes(redis, shards, config.queue);
  for (const { shard, notes } of seen) {
    const ids = findUnconfirmed(notes, settled);
    if (ids.length > 0) log.warn("unconfirmed-dropped", { receipts: ids });
    await drop
      .drop(shard, ids)
      .catch((error: Error) => log.warn("notes-not-closed", { messages: ids.length, error }));
  }
}

/**
 * Notes whose request was never confirmed: the ingest instance ended first, or Redis failed until it did. They count
 * until the worker has settled all of the request; or, since SQS may never have taken it, until they are old and no
 * confirmed note of the same age is open, so that the queue has moved past them.
 * @param notes oldest first
 * @param settled events that this look found settled, by receipt
 */
function findUnconfirmed(notes: readonly OpenNote[], settled: ReadonlyMap<string, number>): string[] {
  const ids: string[] = [];
  for (const { id, clientId, sending, events, parts, ageMs } of notes) {
    const listed = sumOf(parts.values());
    const open = (sending ? events - listed : listed) - (settled.get(id) ?? 0);
    const confirmed = !sending && clientId !== undefined;
    if (confirmed && open > 0) break;
    if (!confirmed && ageMs > (open > 0 ? UNCONFIRMED_MS : CONFIRMED_MS)) ids.push(id);
  }
  return ids;
}

const sumOf = (numbers: Iterable<number>): number => [...numbers].reduce((sum, one) => sum + one, 0);
