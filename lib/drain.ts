/**
 * The worker: a batch of messages becomes rows in one transaction. Whatever happens, a message is either settled as a
 * whole or left in the queue, and a second delivery changes nothing.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Deps } from "./deps.ts";
import type { GivenUp, SettledPart } from "./enqueue/enqueue.ts";
import { isDataError, isRetryable, sqlState } from "./errors.ts";
import { type Header, ownerOf, type ParsedMessage, type Place, parseMessage, placeName } from "./message.ts";
import { settleRedrive } from "./redrive.ts";
import { type Audited, prepareAudit, sealPrepared } from "./seal-audit.ts";
import { collectEvents, tally, toRefusedEvent } from "./settlement.ts";
import type { Database, Transaction } from "./sql/client.ts";
import { findSettled } from "./sql/find-settled.ts";
import { insertHealth } from "./sql/insert-health.ts";
import { insertQuarantine, type RefusedEvent } from "./sql/insert-quarantine.ts";
import { noteUnqueued } from "./sql/note-unqueued.ts";
import { settleReceipts } from "./sql/settle-receipts.ts";
import { touchKeys } from "./sql/touch-keys.ts";
import { transaction } from "./sql/transaction.ts";
import { type Store, storeAll, storeNarrowing } from "./store.ts";
import { eraseArriving } from "./tombstones.ts";

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

/** What has been done with a batch. */
interface Done {
  /** Queue ids of the messages that could not be settled. */
  failed: string[];
  /** Parts of receipts that were settled now and not by an earlier delivery, by `placeName`. */
  fresh: Set<string>;
}

/**
 * Settles a batch.
 * @returns queue ids of the messages that could not be settled for a fault of their own; all others are done
 * @throws when the database is out of reach or fails: then nothing is settled, and the batch comes again
 */
export async function drain(delivered: readonly Delivered[], deps: Deps): Promise<string[]> {
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
  const done = await settle(messages, deps);
  failed.push(...done.failed);
  await closeNotes(delivered, messages, failed, deps);
  return failed;
}

/** Tries all in one transaction; then narrowing down to the events at fault; then each message by itself. */
async function settle(messages: readonly Received[], deps: Deps): Promise<Done> {
  if (messages.length === 0) return { failed: [], fresh: new Set() };
  for (const store of [storeAll, storeNarrowing]) {
    try {
      return { failed: [], fresh: await inTransaction(deps.sql, (tx) => settleBatch(tx, messages, store)) };
    } catch (error) {
      if (!isDataError(error)) throw error;
      deps.log.warn("batch-refused", {
        messages: messages.length,
        sqlstate: sqlState(error),
        error: error as Error,
      });
    }
  }
  const [only] = messages;
  if (only !== undefined && messages.length === 1) return { failed: [only.queueId], fresh: new Set() };
  const done: Done = { failed: [], fresh: new Set() };
  for (const message of messages) {
    const { failed, fresh } = await settle([message], deps);
    done.failed.push(...failed);
    for (const place of fresh) done.fresh.add(place);
  }
  return done;
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

/** @returns the parts of receipts that were not settled before, by `placeName` */
async function settleBatch(
  tx: Transaction,
  received: readonly Received[],
  store: Store,
): Promise<Set<string>> {
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
  const [fresh] = await Promise.all([
    settlements.size > 0 ? settleReceipts(tx, [...settlements.values()]) : new Set<string>(),
    audits.length > 0 && touchKeys(tx, usedKeys(audits)),
    health.length > 0 && insertHealth(tx, health),
  ]);
  // Also of messages that came before: which of two for one request says so is chance.
  const unqueued = namedUnqueued(received);
  if (unqueued.size > 0) await noteUnqueued(tx, unqueued);
  for (const message of messages)
    if (message.header.redrive !== undefined) await settleRedrive(tx, message, store);
  await sealPrepared(tx, entries);
  return fresh;
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
  { config, intake, log }: Deps,
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
