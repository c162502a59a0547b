/** Collects the events of messages, and converts their outcomes to receipts. */
import type { RefusedEvent } from "../quarantine/sql/insert.ts";
import { type Header, ownerOf, placeName } from "../queue/message.ts";
import type { EventRow } from "../storage/event-row.ts";
import type { Content } from "./parse-batch.ts";
import type { Settlement } from "./sql/settle-receipts.ts";
import type { Refused } from "./store.ts";

interface Collected {
  /** In the ledger's order, with distinct (client, key). */
  rows: EventRow[];
  /** By `placeName`. */
  settlements: Map<string, Settlement>;
  unreadable: RefusedEvent[];
}

export function collectEvents(messages: readonly Content[]): Collected {
  const rows = new Map<string, EventRow>();
  const settlements = new Map<string, Settlement>();
  const unreadable = new Map<string, RefusedEvent>();
  for (const message of messages) {
    const { header, lines, place } = message;
    const clientId = ownerOf(header);
    if (header.accepted === undefined || clientId === undefined) continue;
    settlements.set(placeName(place), emptySettlement(header, clientId, lines.length));
    // Two messages of a batch may have the same id; the first to arrive counts.
    for (const event of message.unreadable) {
      const name = `${event.eventKey} ${clientId}`;
      if (!unreadable.has(name)) unreadable.set(name, event);
    }
    for (const row of message.rows) {
      const name = `${row.eventKey} ${clientId}`;
      if (!rows.has(name)) rows.set(name, row);
    }
  }
  const sorted = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  // An event that is stored is not set aside too.
  const others = [...unreadable].flatMap(([name, event]) => (rows.has(name) ? [] : event));
  return { rows: sorted, settlements, unreadable: others };
}

const emptySettlement = (
  { id, at, part = 0, parts = 1 }: Header,
  clientId: string,
  accepted: number,
): Settlement => ({
  receiptId: id,
  part,
  parts,
  clientId,
  receivedMs: Math.trunc(at),
  accepted,
  stored: 0,
  duplicates: 0,
  quarantined: 0,
});

export const toRefusedEvent = ({ row, reason, detail }: Refused): RefusedEvent => ({
  clientId: row.clientId,
  eventKey: row.eventKey,
  line: `${JSON.stringify([row.eventId, row.eventType, row.timestamp])}\t${row.payload}`,
  reason,
  detail,
  receivedAt: row.receivedAt,
  receiptId: row.receiptId,
  part: row.part,
  trace: row.trace,
});

/** How many events of a batch have which outcome. */
export interface Tally {
  stored: number;
  duplicates: number;
  quarantined: number;
}

/** The sums over receipts, for the worker's span. */
export function sumOf(settlements: Iterable<Tally>): Tally {
  const sum: Tally = { stored: 0, duplicates: 0, quarantined: 0 };
  for (const { stored, duplicates, quarantined } of settlements) {
    sum.stored += stored;
    sum.duplicates += duplicates;
    sum.quarantined += quarantined;
  }
  return sum;
}

/** Events neither stored nor newly quarantined are duplicates. */
export function tally(
  settlements: Map<string, Settlement>,
  stored: readonly EventRow[],
  quarantined: readonly RefusedEvent[],
): void {
  const of = ({ receiptId: id, part }: { receiptId: string; part: number }): Settlement | undefined =>
    settlements.get(placeName({ id, part }));
  for (const row of stored) {
    const settlement = of(row);
    if (settlement) settlement.stored++;
  }
  for (const event of quarantined) {
    const settlement = of(event);
    if (settlement) settlement.quarantined++;
  }
  for (const settlement of settlements.values())
    settlement.duplicates = settlement.accepted - settlement.stored - settlement.quarantined;
}
