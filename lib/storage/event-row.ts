/** An event on its way into the table. */
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
  /** Which of the request's messages it came with. */
  part: number;
  /** JSON text. */
  payload: string;
}
