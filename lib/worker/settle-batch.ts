/**
 * The worker: a batch of messages becomes rows, usually in one transaction. Whatever happens, a message is either settled
 * completely or left in the queue, and a second delivery changes nothing.
 */

import { setImmediate as nextTurn } from "node:timers/promises";
import { type Audited, prepareAudit, sealPrepared } from "../audit/record/seal.ts";
import { noteUnqueued } from "../audit/sql/unqueued.ts";
import type { Log } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import { eraseArriving } from "../erasure/tombstones.ts";
import { insertHealth } from "../health/sql/health.ts";
import type { Intake } from "../ingest/intake.ts";
import type { GivenUp, SettledPart } from "../pending/notes.ts";
import type { Place } from "../pending/place.ts";
import type { Database, Transaction } from "../postgres/client.ts";
import { isRetryable } from "../postgres/errors.ts";
import { limitWaits } from "../postgres/lock-retry.ts";
import { transaction } from "../postgres/transaction.ts";
import { insertQuarantine, type RefusedEvent } from "../quarantine/sql/insert.ts";
import { type Header, ownerOf, type ParsedMessage, parseMessage, placeName } from "../queue/message.ts";
import { settleRedrive } from "./redrive.ts";
import { settleInPieces } from "./settle-pieces.ts";
import { collectEvents, tally, toRefusedEvent } from "./settlement.ts";
import { findSettled } from "./sql/find-settled.ts";
import { settleReceipts } from "./sql/settle-receipts.ts";
import { touchKeys } from "./sql/touch-keys.ts";
import type { Store } from "./store.ts";

export interface WorkerDeps {
  config: Config;
  sql: Database;
  intake: Intake;
  log: Log;
}

/** A message as the worker gets it, from whichever queue. */
export interface Delivered {
  /** The queue's id, to name a message that failed. */
  id: string;
  body: string;
  /** Deliveries so far, this one included. */
  deliveries: number;
}

/** A message with the queue's id it came under. */
interface Received extends ParsedMessage {
  queueId: string;
  deliveries: number;
  place: Place;
}

/** What has become of a batch: ids of its messages in the queue. All others are settled. */
export interface Outcome {
  /** Could not be settled for a fault of their own. */
  failed: string[];
  /** For which there was no time, or after which the database failed; the fault is not theirs. */
  untried: string[];
}

/** `drainUntil` without an end. @returns `failed` */
export async function drain(delivered: readonly Delivered[], deps: WorkerDeps): Promise<string[]> {
  const { failed, untried } = await drainUntil(delivered, deps, Number.POSITIVE_INFINITY);
  if (untried.length > 0) throw new Error(`The database failed before ${untried.length} messages.`);
  return failed;
}

/**
 * Settles a batch, usually in one transaction.
 * @param endsAt when no transaction begins any more and the last one is cut off, in milliseconds since the Unix epoch
 * @throws when the database is out of reach or fails before anything is settled: then the batch comes again
 */
export async function drainUntil(
  delivered: readonly Delivered[],
  deps: WorkerDeps,
  endsAt: number,
): Promise<Outcome> {
  const failed: string[] = [];
  const messages: Received[] = [];
  for (const { id, body, deliveries } of delivered) {
    try {
      const message = parseMessage(body);
      messages.push({ ...message, queueId: id, deliveries, place: placeOf(message.header) });
    } catch (error) {
      deps.log.error("message-unreadable", { message_id: id, error: error as Error });
      failed.push(id);
    }
  }
  // Beside the settling, which does not wait for Redis.
  const counted = deps.intake
    .received(delivered.map(({ body }) => body))
    .catch((error: Error) => deps.log.warn("received-not-counted", { messages: delivered.length, error }));
  const done = await settle(messages, deps, endsAt);
  await counted;
  failed.push(...done.failed);
  const untried = new Set(done.untried);
  const tried = messages.filter(({ queueId }) => !untried.has(queueId));
  await closeNotes(delivered, tried, failed, deps);
  return { failed, untried: done.untried };
}

/** Settles messages in as few transactions as what PostgreSQL refuses allows. */
async function settle(
  messages: readonly Received[],
  { sql, log, config }: WorkerDeps,
  endsAt: number,
): Promise<Outcome> {
  if (messages.length === 0) return { failed: [], untried: [] };
  // Copies of a message belong into one transaction, see `withoutRepeats`.
  const copies = [...Map.groupBy(messages, ({ place }) => placeName(place)).values()];
  const { failed, untried } = await settleInPieces(copies, {
    sql,
    log,
    endsAt,
    eventsOf: ([first]) => first?.lines.length ?? 0,
    settle: (piece, store) =>
      inTransaction(sql, async (tx) => {
        const left = Math.ceil(endsAt - Date.now());
        if (left < config.statementTimeoutMs) await limitWaits(tx, Math.max(1, left), Math.max(1, left));
        return settleBatch(tx, piece.flat(), store);
      }),
  });
  const ids = (some: Received[][]): string[] => some.flat().map(({ queueId }) => queueId);
  return { failed: ids(failed), untried: ids(untried) };
}

/** Attempts at a transaction that met a deadlock or a serialization failure. */
const ATTEMPTS = 5;

async function inTransaction<T>(sql: Database, run: (tx: Transaction) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await transaction(sql, run);
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error;
    }
  }
}

/** @returns how many events were refused */
async function settleBatch(tx: Transaction, received: readonly Received[], store: Store): Promise<number> {
  const messages = await withoutSettled(tx, received);
  const { settlements, ...arriving } = collectEvents(messages);
  const { rows, unreadable } = await eraseArriving(tx, arriving);
  const audits = messages.map(({ header }) => header).filter(hasAudit);
  // Hashed when the statement is on its way, while the server works.
  const [{ stored, refused }, entries] = await Promise.all([
    store(tx, rows),
    nextTurn().then(() => prepareAudit(audits)),
  ]);
  const quarantined = await setAside(tx, [...unreadable, ...refused.map(toRefusedEvent)]);
  tally(settlements, stored, quarantined);

  const health = messages.flatMap(({ header }) => header.health ?? []);
  // Sent together: none needs another's result.
  await Promise.all([
    settlements.size > 0 && settleReceipts(tx, [...settlements.values()]),
    audits.length > 0 && touchKeys(tx, usedKeys(audits)),
    health.length > 0 && insertHealth(tx, health),
  ]);
  // Also of messages that came before: which of two for one request says so is chance.
  const unqueued = namedUnqueued(received);
  if (unqueued.size > 0) await noteUnqueued(tx, unqueued);
  for (const message of messages)
    if (message.header.redrive !== undefined) await settleRedrive(tx, message, store);
  await sealPrepared(tx, entries);
  return refused.length;
}

/** Leaves out what came twice in this batch, and what an earlier delivery has settled. */
async function withoutSettled(tx: Transaction, received: readonly Received[]): Promise<Received[]> {
  const messages = withoutRepeats(received);
  const again = messages.filter(({ deliveries, header }) => deliveries > 1 && header.accepted !== undefined);
  if (again.length === 0) return messages;
  const settled = await findSettled(
    tx,
    again.map(({ place }) => place),
  );
  return messages.filter(({ place }) => !settled.has(placeName(place)));
}

/**
 * One message of each place; of several the fullest, since a request that Redis took twice, its answer having been
 * lost, brings its events with one of them only.
 */
function withoutRepeats(received: readonly Received[]): Received[] {
  const byPlace = new Map<string, Received>();
  for (const message of received) {
    const other = byPlace.get(placeName(message.place));
    if (other === undefined || message.lines.length > other.lines.length)
      byPlace.set(placeName(message.place), message);
  }
  return [...byPlace.values()];
}

/** A request's audit row may travel apart from its events, and must not be taken for one of their parts. */
const placeOf = ({ id, accepted, part = 0 }: Header): Place => ({
  id,
  part: accepted === undefined ? -1 : part,
});

/** @returns those that were not in quarantine already */
async function setAside(tx: Transaction, events: readonly RefusedEvent[]): Promise<RefusedEvent[]> {
  if (events.length === 0) return [];
  const positions = await insertQuarantine(tx, events);
  return positions.flatMap((position) => events[position] ?? []);
}

const hasAudit = (header: Header): header is Header & Audited => header.audit !== undefined;

/** Requests whose audit rows are in a log, and whether each was read back in, in order of their ids. */
function namedUnqueued(messages: readonly Received[]): Map<string, boolean> {
  const named = new Map<string, boolean>();
  for (const { header } of messages) {
    for (const id of header.unqueued ?? []) if (!named.has(id)) named.set(id, false);
    if (header.recovered) named.set(header.id, true);
  }
  return new Map([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function usedKeys(audits: readonly Audited[]): { clientId: string; prefix: string }[] {
  const keys = new Map<string, { clientId: string; prefix: string }>();
  for (const { audit } of audits) {
    const { client_id: clientId, key_prefix: prefix } = audit;
    if (clientId !== null && prefix !== null) keys.set(`${clientId} ${prefix}`, { clientId, prefix });
  }
  return [...keys.values()];
}

/**
 * Redis counts the events as waiting until here. Where it is away, the next look at the notes finds in PostgreSQL that they
 * are settled.
 */
async function closeNotes(
  delivered: readonly Delivered[],
  messages: readonly Received[],
  failed: readonly string[],
  { config, intake, log }: WorkerDeps,
): Promise<void> {
  const settled = messages.flatMap(({ header, lines, place, queueId }): SettledPart[] => {
    const clientId = header.accepted === undefined ? undefined : ownerOf(header);
    if (clientId === undefined || failed.includes(queueId)) return [];
    return [{ place, clientId, events: lines.length }];
  });
  const byId = new Map(messages.map((message) => [message.queueId, message]));
  const dead = delivered
    .filter(({ id, deliveries }) => deliveries >= config.queueMaxDeliveries && failed.includes(id))
    .map(({ id }): GivenUp => {
      const message = byId.get(id);
      const clientId = message?.header.accepted === undefined ? undefined : ownerOf(message.header);
      return message && clientId !== undefined
        ? { place: message.place, clientId }
        : { place: { id, part: 0 }, clientId: undefined };
    });
  await intake
    .settled(settled, dead)
    .catch((error: Error) => log.warn("notes-not-closed", { messages: settled.length, error }));
}
