import { randomUUID } from "node:crypto";
import { eventKey } from "../../lib/base/ids.ts";
import type { EventRow } from "../../lib/storage/event-row.ts";

/** An event as the worker's statement takes it. */
export function anEventRow(overrides: Partial<EventRow> = {}): EventRow {
  const { eventId = randomUUID() } = overrides;
  const now = new Date().toISOString();
  return {
    clientId: "acme",
    eventKey: eventKey(eventId),
    eventId,
    eventType: "a",
    timestamp: now,
    receivedAt: now,
    receiptId: randomUUID(),
    part: 0,
    payload: "{}",
    ...overrides,
  };
}
