/** An event to insert. */
export interface EventRow {
  clientId: string;
  /** The ledger's key of the event id. */
  eventKey: string;
  eventId: string;
  eventType: string;
  /** RFC 3339, as are all times here. */
  timestamp: string;
  receivedAt: string;
  receiptId: string;
  /** Number of its message within the request. */
  part: number;
  /** JSON text. */
  payload: string;
  /** The trace context that it arrived with, see `toStoredTrace`. */
  trace?: string | undefined;
}
