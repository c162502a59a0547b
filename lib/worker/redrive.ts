/** The worker's part of a redrive: quarantined events take the same path as others, each exactly once. */
import { eventKey } from "../base/ids.ts";
import { eraseArriving } from "../erasure/tombstones.ts";
import type { Transaction } from "../postgres/client.ts";
import { lockRedriven, type QuarantinedRow, recordRedriven } from "../quarantine/sql/redriven.ts";
import { type ParsedMessage, parseLine } from "../queue/message.ts";
import type { EventRow } from "../storage/event-row.ts";
import type { Store } from "./store.ts";

/**
 * Settles a message of quarantined events. The quarantine row makes each event count once: it is deleted when the event is
 * stored or found to be a duplicate, so a second delivery finds no row. An event that is rejected again keeps its row.
 */
export async function storeRedriven(
  tx: Transaction,
  { header, lines }: ParsedMessage,
  store: Store,
): Promise<void> {
  const clientId = header.redrive;
  if (clientId === undefined) return;
  const events = new Map(lines.map(parseLine).map((event) => [eventKey(event.eventId), event]));
  const locked = await lockRedriven(tx, clientId, [...events.keys()]);
  const arriving = locked.flatMap((row): EventRow[] => {
    const event = events.get(row.event_key);
    return event ? [{ ...event, ...origin(row, clientId) }] : [];
  });
  const { rows } = await eraseArriving(tx, { rows: arriving, unreadable: [] });
  const { stored, refused } = await store(tx, rows);
  const storedKeys = new Set(stored.map((row) => row.eventKey));
  const refusedKeys = new Map(refused.map(({ row, reason, detail }) => [row.eventKey, { reason, detail }]));
  await recordRedriven(
    tx,
    clientId,
    locked.map((row) => {
      const refusal = refusedKeys.get(row.event_key);
      const outcome = storedKeys.has(row.event_key) ? "stored" : "duplicate";
      return { eventKey: row.event_key, outcome: refusal ? "refused" : outcome, ...refusal };
    }),
  );
}

const origin = (
  row: QuarantinedRow,
  clientId: string,
): Omit<EventRow, keyof ReturnType<typeof parseLine>> => ({
  clientId,
  eventKey: row.event_key,
  receivedAt: row.received_at.toISOString(),
  receiptId: row.receipt_id,
  part: row.part,
  trace: row.trace,
});
