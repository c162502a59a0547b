/** Everything that a worker's transaction writes for a batch of messages. */
import { inOrder, sealNew, sealPrepared } from "../audit/record/seal.ts";
import { lockLane } from "../audit/sql/seals.ts";
import { noteUnqueued } from "../audit/sql/unqueued.ts";
import { type Arriving, eraseArriving } from "../erasure/tombstones.ts";
import { insertHealth } from "../health/sql/health.ts";
import type { Transaction } from "../postgres/client.ts";
import { sqlState, tableOf, UNIQUE_VIOLATION } from "../postgres/errors.ts";
import type { Ending } from "../postgres/transaction.ts";
import { insertQuarantine, type RefusedEvent } from "../quarantine/sql/insert.ts";
import { placeName } from "../queue/message.ts";
import type { Content } from "./parse-batch.ts";
import { storeRedriven } from "./redrive.ts";
import { collectEvents, sumOf, type Tally, tally, toRefusedEvent } from "./settlement.ts";
import { findSettled } from "./sql/find-settled.ts";
import { settleReceipts } from "./sql/settle-receipts.ts";
import { touchKeys } from "./sql/touch-keys.ts";
import { type Store, type Stored, storeAll, storeUnlessErased } from "./store.ts";

/** What a batch has become. */
export interface Settled {
  /** Events that PostgreSQL rejected. */
  rejected: number;
  tally: Tally;
}

/**
 * Settles a batch in three round trips: events; receipts, keys and the lane; audit rows, their seal and the COMMIT. What
 * a round trip sends needs no result of the same round trip.
 * @param isRepeated whether parts of it may have been settled by an earlier delivery. If not, receipts and audit rows are
 *   written without looking for existing ones, and the transaction fails if there are any, see `isAlreadyWritten`.
 * @returns the outcomes of events
 */
export async function settleBatch(
  tx: Transaction,
  received: readonly Content[],
  store: Store,
  isRepeated: boolean,
): Promise<Ending<Settled>> {
  const messages = await withoutSettled(tx, received);
  const { settlements, ...arriving } = collectEvents(messages);
  const { stored, refused, unreadable, metered } = await storeArriving(tx, arriving, store);
  const quarantined = await setAside(tx, [...unreadable, ...refused.map(toRefusedEvent)]);
  tally(settlements, stored, quarantined);
  const result = { rejected: refused.length, tally: sumOf(settlements.values()) };

  const health = messages.flatMap(({ header }) => header.health ?? []);
  // Also from messages that were left out: either of two messages for one request may name the ids.
  const unqueued = namedUnqueued(received);
  const keys = usedKeys(messages);
  const audits = inOrder(messages.flatMap(({ audit }) => audit ?? []));
  const redrives = messages.filter(({ header }) => header.redrive !== undefined);
  const writes = [
    metered,
    settlements.size > 0 && settleReceipts(tx, [...settlements.values()], isRepeated),
    keys.length > 0 && touchKeys(tx, keys),
    health.length > 0 && insertHealth(tx, health),
    unqueued.size > 0 && noteUnqueued(tx, unqueued),
  ];
  if (isRepeated || redrives.length > 0 || audits.length === 0) {
    await Promise.all(writes);
    for (const message of redrives) await storeRedriven(tx, message, store);
    await sealPrepared(tx, audits);
    return { result, sent: Promise.resolve() };
  }
  // The lane is locked after the others have their locks.
  const [lane] = await Promise.all([lockLane(tx), ...writes]);
  return { result, sent: sealNew(tx, lane, audits) };
}

/** True if a transaction failed since a part's receipt or a request's audit row already existed. */
export const isAlreadyWritten = (error: unknown): boolean =>
  sqlState(error) === UNIQUE_VIOLATION && /^(?:receipts|audit_log)/.test(tableOf(error) ?? "");

/** Stores events, without payloads that were to be erased. In one round trip if, as usual, there is no such erasure. */
async function storeArriving(
  tx: Transaction,
  arriving: Arriving,
  store: Store,
): Promise<Stored & Pick<Arriving, "unreadable"> & { metered?: Promise<unknown> }> {
  if (store === storeAll && arriving.unreadable.length === 0) {
    const stored = await storeUnlessErased(tx, arriving.rows);
    if (stored) return { ...stored, unreadable: [] };
  }
  const { rows, unreadable } = await eraseArriving(tx, arriving);
  return { ...(await store(tx, rows)), unreadable };
}

/** Drops messages that are repeated in this batch or were settled by an earlier delivery. */
async function withoutSettled(tx: Transaction, received: readonly Content[]): Promise<Content[]> {
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
function withoutRepeats(received: readonly Content[]): Content[] {
  const byPlace = new Map<string, Content>();
  for (const message of received) {
    const other = byPlace.get(placeName(message.place));
    if (other === undefined || message.lines.length > other.lines.length)
      byPlace.set(placeName(message.place), message);
  }
  return [...byPlace.values()];
}

/** @returns events that were not already in quarantine */
async function setAside(tx: Transaction, events: readonly RefusedEvent[]): Promise<RefusedEvent[]> {
  if (events.length === 0) return [];
  const positions = await insertQuarantine(tx, events);
  return positions.flatMap((position) => events[position] ?? []);
}

/** Requests whose audit rows are in a log, and whether each was recovered, ordered by id. */
function namedUnqueued(messages: readonly Content[]): Map<string, boolean> {
  const named = new Map<string, boolean>();
  for (const { header } of messages) {
    for (const id of header.unqueued ?? []) if (!named.has(id)) named.set(id, false);
    if (header.recovered) named.set(header.id, true);
  }
  return new Map([...named].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function usedKeys(messages: readonly Content[]): { clientId: string; prefix: string }[] {
  const keys = new Map<string, { clientId: string; prefix: string }>();
  for (const { header } of messages) {
    const { client_id: clientId = null, key_prefix: prefix = null } = header.audit ?? {};
    if (clientId !== null && prefix !== null) keys.set(`${clientId} ${prefix}`, { clientId, prefix });
  }
  return [...keys.values()];
}
