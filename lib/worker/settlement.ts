/** Converts messages to event rows, and the rows' outcomes to receipts. */
import { eventKey } from "../base/ids.ts";
import type { Place } from "../pending/place.ts";
import type { RefusedEvent } from "../quarantine/sql/insert.ts";
import { type Header, ownerOf, type ParsedMessage, parseLine, placeName } from "../queue/message.ts";
import type { EventRow } from "../storage/event-row.ts";
import type { Settlement } from "./sql/settle-receipts.ts";
import type { Refused } from "./store.ts";

type Placed = ParsedMessage & { place: Place };

interface Collected {
  /** In the ledger's order, with distinct (client, key). */
  rows: EventRow[];
  /** By `placeName`. */
  settlements: Map<string, Settlement>;
  unreadable: RefusedEvent[];
}

export function collectEvents(messages: readonly Placed[]): Collected {
  const rows = new Map<string, EventRow>();
  const settlements = new Map<string, Settlement>();
  const unreadable: RefusedEvent[] = [];
  for (const { header, lines, place } of messages) {
    const clientId = ownerOf(header);
    if (header.accepted === undefined || clientId === undefined) continue;
    const receivedAt = new Date(header.at).toISOString();
    settlements.set(placeName(place), emptySettlement(header, clientId, receivedAt, lines.length));
    for (const line of lines) {
      const row = toRow(line, { clientId, receivedAt, receiptId: place.id, part: place.part });
      if ("reason" in row) unreadable.push(row);
      else {
        // Two messages of a batch may have the same id; the first to arrive counts.
        const name = `${row.eventKey} ${clientId}`;
        if (!rows.has(name)) rows.set(name, row);
      }
    }
  }
  const sorted = [...rows.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  return { rows: sorted, settlements, unreadable };
}

const emptySettlement = (
  { id, part = 0, parts = 1 }: Header,
  clientId: string,
  receivedAt: string,
  accepted: number,
): Settlement => ({
  receiptId: id,
  part,
  parts,
  clientId,
  receivedAt,
  accepted,
  stored: 0,
  duplicates: 0,
  quarantined: 0,
});

function toRow(
  line: string,
  origin: Pick<EventRow, "clientId" | "receivedAt" | "receiptId" | "part">,
): EventRow | RefusedEvent {
  try {
    const event = parseLine(line);
    return { ...origin, ...event, eventKey: eventKey(event.eventId) };
  } catch (error) {
    // The id is unreadable, so the key is derived from the line.
    return {
      ...origin,
      eventKey: eventKey(line),
      line,
      reason: "unreadable",
      detail: (error as Error).message,
    };
  }
}

export const toRefusedEvent = ({ row, reason, detail }: Refused): RefusedEvent => ({
  clientId: row.clientId,
  eventKey: row.eventKey,
  line: `${JSON.stringify([row.eventId, row.eventType, row.timestamp])}\t${row.payload}`,
  reason,
  detail,
  receivedAt: row.receivedAt,
  receiptId: row.receiptId,
  part: row.part,
});

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
