/**
 * The worker: stores a batch of messages, usually in one transaction. Whatever happens, a message is either settled
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
import { storeRedriven } from "./redrive.ts";
import { collectEvents, tally, toRefusedEvent } from "./settlement.ts";
import { findSettled } from "./sql/find-settled.ts";
import { settleReceipts } from "./sql/settle-receipts.ts";
import { touchKeys } from "./sql/touch-keys.ts";
import type { Store } from "./store.ts";
import { storeInPieces } from "./store-in-pieces.ts";

export interface WorkerDeps {
  config: Config;
  sql: Database;
  intake: Intake;
  log: Log;
}

/** A message as the worker receives it, whatever the queue. */
export interface Delivered {
  /** The queue's id, to name a message that failed. */
  id: string;
  body: string;
  /** Deliveries so far, including this one. */
  deliveries: number;
}

/** A parsed message with its id in the queue. */
interface Received extends ParsedMessage {
  queueId: string;
  deliveries: number;
  place: Place;
}

/** Queue ids of a batch's unsettled messages. All others are settled. */
export interface Outcome {
  /** Messages that are themselves at fault. */
  failed: string[];
  /** Messages for which time ran out or the database failed; they are not at fault. */
  untried: string[];
}

/** Like `processBatch`, without a time limit. @returns `failed` */
export async function drain(delivered: readonly Delivered[], deps: WorkerDeps): Promise<string[]> {
  const { failed, untried } = await processBatch(delivered, deps, Number.POSITIVE_INFINITY);
  if (untried.length > 0)
    throw new Error(`The database failed before ${untried.length} messages were settled.`);
  return failed;
}

/**
 * Processes a batch, usually in one transaction.
 * @param endsAt when no further transaction begins and the last one is cancelled, in milliseconds since the Unix epoch
 * @throws if the database is unreachable or fails before anything is settled: then the batch is delivered again
 */
export async function processBatch(
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
  // Concurrently: settling does not wait for Redis.
  const counted = deps.intake
    .received(delivered.map(({ body }) => body))
    .catch((error: Error) => deps.log.warn("received-not-counted", { messages: delivered.length, error }));
  const done = await processInPieces(messages, deps, endsAt);
  await counted;
  failed.push(...done.failed);
  const untried = new Set(done.untried);
  const tried = messages.filter(({ queueId }) => !untried.has(queueId));
  await closeNotes(delivered, tried, failed, deps);
  return { failed, untried: done.untried };
}

/** Processes messages in as few transactions as PostgreSQL's rejections allow. */
async function processInPieces(
  messages: readonly Received[],
  { sql, log, config }: WorkerDeps,
  endsAt: number,
): Promise<Outcome> {
  if (messages.length === 0) return { failed: [], untried: [] };
  // Copies of a message must be in one transaction, see `withoutRepeats`.
  const copies = [...Map.groupBy(messages, ({ place }) => placeName(place)).values()];
  const { failed, untried } = await storeInPieces(copies, {
    sql,
    log,
    endsAt,
    eventsOf: ([first]) => first?.lines.length ?? 0,
    process: (piece, store) =>
      inTransaction(sql, async (tx) => {
        const left = Math.ceil(endsAt - Date.now());
        if (left < config.statementTimeoutMs) await limitWaits(tx, Math.max(1, left), Math.max(1, left));
        return storeBatch(tx, piece.flat(), store);
      }),
  });
  const ids = (some: Received[][]): string[] => some.flat().map(({ queueId }) => queueId);
  return { failed: ids(failed), untried: ids(untried) };
}

/** Attempts at a transaction that fails with a deadlock or a serialization failure. */
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

/** @returns number of rejected events */
async function storeBatch(tx: Transaction, received: readonly Received[], store: Store): Promise<number> {
  const messages = await withoutSettled(tx, received);
  const { settlements, ...arriving } = collectEvents(messages);
  const { rows, unreadable } = await eraseArriving(tx, arriving);
  const audits = messages.map(({ header }) => header).filter(hasAudit);
  // Hashes the audit rows after the statement is sent, while the server works.
  const [{ stored, refused }, entries] = await Promise.all([
    store(tx, rows),
    nextTurn().then(() => prepareAudit(audits)),
  ]);
  const quarantined = await setAside(tx, [...unreadable, ...refused.map(toRefusedEvent)]);
  tally(settlements, stored, quarantined);

  const health = messages.flatMap(({ header }) => header.health ?? []);
  // Sent together: they do not depend on each other.
  await Promise.all([
    settlements.size > 0 && settleReceipts(tx, [...settlements.values()]),
    audits.length > 0 && touchKeys(tx, usedKeys(audits)),
    health.length > 0 && insertHealth(tx, health),
  ]);
  // Also from messages that were left out: either of two messages for one request may name the ids.
  const unqueued = namedUnqueued(received);
  if (unqueued.size > 0) await noteUnqueued(tx, unqueued);
  for (const message of messages)
    if (message.header.redrive !== undefined) await storeRedriven(tx, message, store);
  await sealPrepared(tx, entries);
  return refused.length;
}

/** Drops messages that are repeated in this batch or were settled by an earlier delivery. */
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
 * Keeps one message per place, the one with the most events: if Redis accepted a request twice because its reply was
 * lost, only one of the two messages carries the events.
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

/** A request's audit row may be in a separate message, which must not be mistaken for a part of its events. */
const placeOf = ({ id, accepted, part = 0 }: Header): Place => ({
  id,
  part: accepted === undefined ? -1 : part,
});

/** @returns events that were not already in quarantine */
async function setAside(tx: Transaction, events: readonly RefusedEvent[]): Promise<RefusedEvent[]> {
  if (events.length === 0) return [];
  const positions = await insertQuarantine(tx, events);
  return positions.flatMap((position) => events[position] ?? []);
}

const hasAudit = (header: Header): header is Header & Audited => header.audit !== undefined;

/** Requests whose audit rows are in a log, and whether each was recovered, ordered by id. */
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
 * Until here Redis counts the events as waiting. If Redis is down, the next check of the notes finds in PostgreSQL that
 * they are settled.
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
