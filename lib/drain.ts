/**
 * The worker: a batch of messages becomes rows in one transaction. Whatever happens, a message is either settled as a
 * whole or left in the queue, and a second delivery changes nothing.
 */
import type { Deps } from "./deps.ts";
import { isDataError, isRetryable, sqlState } from "./errors.ts";
import { eventKey } from "./ids.ts";
import { type Header, type ParsedMessage, parseLine, parseMessage } from "./message.ts";
import { RECEIPTS_KEY } from "./redis/keys.ts";
import { settleRedrive } from "./redrive.ts";
import type { Database, Transaction } from "./sql/client.ts";
import { findSettled } from "./sql/find-settled.ts";
import { insertAudit } from "./sql/insert-audit.ts";
import { insertHealth } from "./sql/insert-health.ts";
import { insertQuarantine, type RefusedEvent } from "./sql/insert-quarantine.ts";
import { type Settlement, settleReceipts } from "./sql/settle-receipts.ts";
import type { EventRow } from "./sql/store-events.ts";
import { touchKeys } from "./sql/touch-keys.ts";
import { transaction } from "./sql/transaction.ts";
import { type Refused, type Store, storeAll, storeNarrowing } from "./store.ts";

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
      messages.push({ ...parseMessage(body), queueId: id, deliveries });
    } catch (error) {
      deps.log.error("message-unreadable", { message_id: id, error: error as Error });
      failed.push(id);
    }
  }
  failed.push(...(await settle(messages, deps)));
  await forgetPending(messages, failed, deps);
  return failed;
}

/** Tries all in one transaction; then narrowing down to the events at fault; then each message by itself. */
async function settle(messages: readonly Received[], deps: Deps): Promise<string[]> {
  if (messages.length === 0) return [];
  for (const store of [storeAll, storeNarrowing]) {
    try {
      await inTransaction(deps.sql, (tx) => settleBatch(tx, messages, store));
      return [];
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
  if (only !== undefined && messages.length === 1) return [only.queueId];
  const failed: string[] = [];
  for (const message of messages) failed.push(...(await settle([message], deps)));
  return failed;
}

/** Attempts at a transaction that met a deadlock or a serialization failure. */
const ATTEMPTS = 5;

async function inTransaction(sql: Database, run: (tx: Transaction) => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await transaction(sql, run);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || !isRetryable(error)) throw error;
    }
  }
}

async function settleBatch(tx: Transaction, received: readonly Received[], store: Store): Promise<void> {
  const messages = await withoutSettled(tx, received);
  const { rows, settlements, unreadable } = collect(messages);
  const { stored, refused } = await store(tx, rows);
  const quarantined = await setAside(tx, [...unreadable, ...refused.map(toRefusedEvent)]);
  tally(settlements, stored, quarantined);

  const audits = messages.map(({ header }) => header).filter(hasAudit);
  const health = messages.flatMap(({ header }) => header.health ?? []);
  // Sent together: none needs another's result.
  await Promise.all([
    settlements.size > 0 && settleReceipts(tx, [...settlements.values()]),
    audits.length > 0 && insertAudit(tx, audits),
    audits.length > 0 && touchKeys(tx, usedKeys(audits)),
    health.length > 0 && insertHealth(tx, health),
  ]);
  for (const message of messages)
    if (message.header.redrive !== undefined) await settleRedrive(tx, message, store);
}

/** Leaves out what came twice in this batch, and what an earlier delivery has settled. */
async function withoutSettled(tx: Transaction, received: readonly Received[]): Promise<Received[]> {
  const messages = withoutRepeats(received);
  const again = messages.filter(({ deliveries, header }) => deliveries > 1 && header.accepted !== undefined);
  if (again.length === 0) return messages;
  const settled = await findSettled(
    tx,
    again.map(({ header }) => header.id),
  );
  return messages.filter(({ header }) => !settled.has(header.id));
}

/**
 * One message of each id. An id alone is no sign of a repetition: where Redis took a request but its answer got lost,
 * the caller is told 503, and the audit row of that comes by itself under the id of the message with the events.
 */
function withoutRepeats(received: readonly Received[]): Received[] {
  const byId = new Map<string, Received>();
  for (const message of received) {
    const other = byId.get(message.header.id);
    if (other === undefined || weight(message) > weight(other)) byId.set(message.header.id, message);
  }
  return [...byId.values()];
}

const weight = ({ header, lines }: Received): number =>
  lines.length + (header.accepted === undefined ? 0 : 1);

interface Collected {
  /** In the ledger's order, each (client, key) once. */
  rows: EventRow[];
  /** By receipt. */
  settlements: Map<string, Settlement>;
  unreadable: RefusedEvent[];
}

function collect(messages: readonly Received[]): Collected {
  const rows = new Map<string, EventRow>();
  const settlements = new Map<string, Settlement>();
  const unreadable: RefusedEvent[] = [];
  for (const { header, lines } of messages) {
    const clientId = header.audit?.client_id;
    if (header.accepted === undefined || !clientId) continue;
    const receivedAt = new Date(header.at).toISOString();
    settlements.set(header.id, emptySettlement(header, clientId, receivedAt, lines.length));
    for (const line of lines) {
      const row = toRow(line, { clientId, receivedAt, receiptId: header.id });
      if ("reason" in row) unreadable.push(row);
      else {
        // An id may stand twice in a batch, in two messages; the first to arrive counts.
        const name = `${row.eventKey} ${clientId}`;
        if (!rows.has(name)) rows.set(name, row);
      }
    }
  }
  const sorted = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  return { rows: sorted, settlements, unreadable };
}

const emptySettlement = (
  { id }: Header,
  clientId: string,
  receivedAt: string,
  accepted: number,
): Settlement => ({
  receiptId: id,
  clientId,
  receivedAt,
  accepted,
  stored: 0,
  duplicates: 0,
  quarantined: 0,
});

function toRow(
  line: string,
  origin: Pick<EventRow, "clientId" | "receivedAt" | "receiptId">,
): EventRow | RefusedEvent {
  try {
    const event = parseLine(line);
    return { ...origin, ...event, eventKey: eventKey(event.eventId) };
  } catch (error) {
    // A line has no id that could be read, so its own text names it.
    return {
      ...origin,
      eventKey: eventKey(line),
      line,
      reason: "unreadable",
      detail: (error as Error).message,
    };
  }
}

const toRefusedEvent = ({ row, reason, detail }: Refused): RefusedEvent => ({
  clientId: row.clientId,
  eventKey: row.eventKey,
  line: `${JSON.stringify([row.eventId, row.eventType, row.timestamp])}\t${row.payload}`,
  reason,
  detail,
  receivedAt: row.receivedAt,
  receiptId: row.receiptId,
});

/** @returns those that were not in quarantine already */
async function setAside(tx: Transaction, events: readonly RefusedEvent[]): Promise<RefusedEvent[]> {
  if (events.length === 0) return [];
  const positions = await insertQuarantine(tx, events);
  return positions.flatMap((position) => events[position] ?? []);
}

/** What was neither stored nor newly set aside is a duplicate. */
function tally(
  settlements: Map<string, Settlement>,
  stored: readonly EventRow[],
  quarantined: readonly RefusedEvent[],
): void {
  const of = (receiptId: string): Settlement | undefined => settlements.get(receiptId);
  for (const { receiptId } of stored) {
    const settlement = of(receiptId);
    if (settlement) settlement.stored++;
  }
  for (const { receiptId } of quarantined) {
    const settlement = of(receiptId);
    if (settlement) settlement.quarantined++;
  }
  for (const settlement of settlements.values())
    settlement.duplicates = settlement.accepted - settlement.stored - settlement.quarantined;
}

type Audited = Required<Pick<Header, "id" | "at" | "audit">>;
const hasAudit = (header: Header): header is Header & Audited => header.audit !== undefined;

function usedKeys(audits: readonly Audited[]): { clientId: string; prefix: string }[] {
  const keys = new Map<string, { clientId: string; prefix: string }>();
  for (const { audit } of audits) {
    const { client_id: clientId, key_prefix: prefix } = audit;
    if (clientId !== null && prefix !== null) keys.set(`${clientId} ${prefix}`, { clientId, prefix });
  }
  return [...keys.values()];
}

/** Redis shows a receipt as pending until here. If it is away, the stale entry does no harm: PostgreSQL's receipt wins. */
async function forgetPending(
  messages: readonly Received[],
  failed: readonly string[],
  deps: Deps,
): Promise<void> {
  const settled = messages.filter(
    ({ header, queueId }) => header.accepted !== undefined && !failed.includes(queueId),
  );
  if (settled.length === 0) return;
  await deps.redis.hdel(RECEIPTS_KEY, ...settled.map(({ header }) => header.id)).catch((error: Error) => {
    deps.log.warn("pending-receipts-kept", { receipts: settled.length, error });
  });
}
