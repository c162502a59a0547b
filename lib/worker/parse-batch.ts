/** Everything about a batch that needs neither the database nor the other messages; a batch may be read ahead. */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { SpanContext } from "@opentelemetry/api";
import { type Prepared, prepareEntry } from "../audit/record/seal.ts";
import { eventKey } from "../base/ids.ts";
import type { Log } from "../base/log.ts";
import { readTrace, toStoredTrace } from "../base/trace-context.ts";
import type { Place } from "../pending/place.ts";
import type { RefusedEvent } from "../quarantine/sql/insert.ts";
import { type Header, ownerOf, parseLine, parseMessage, parseSetAside } from "../queue/message.ts";
import type { EventRow } from "../storage/event-row.ts";

/** A message as the worker receives it, whatever the queue. */
export interface Delivered {
  /** The queue's id, to name a message that failed. */
  id: string;
  body: string;
  /** Deliveries so far, including this one. */
  deliveries: number;
}

export type Parsed = Delivered & {
  /** Undefined if the message can't be parsed. */
  content: Content | undefined;
};

/** A parsed message with its id in the queue. */
export interface Content {
  queueId: string;
  deliveries: number;
  header: Header;
  place: Place;
  /** The lines after the header; one for each event. */
  lines: string[];
  /** The events of an accepted request, which has a receipt; otherwise empty. */
  rows: EventRow[];
  /** Lines of an accepted request that can't be parsed, and those that ingest has set aside. */
  unreadable: RefusedEvent[];
  audit: Prepared | undefined;
  /** The trace that the message's request belongs to. */
  origin: SpanContext | undefined;
}

/** Bytes that are parsed before other work gets a turn: about a millisecond. */
const BYTES_PER_TURN = 65_536;
/** Counted for each message, whose header and audit row take longer than its bytes. */
const BYTES_PER_MESSAGE = 1_000;

/** Parses messages and hashes their audit rows; logs those that can't be parsed. */
export async function parseBatch<M extends Delivered>(
  delivered: readonly M[],
  log: Log,
): Promise<(M & Parsed)[]> {
  const parsed: (M & Parsed)[] = [];
  let bytes = 0;
  for (const message of delivered) {
    if (bytes > BYTES_PER_TURN) {
      await nextTurn();
      bytes = 0;
    }
    bytes += message.body.length + BYTES_PER_MESSAGE;
    parsed.push({ ...message, content: parse(message, log) });
  }
  return parsed;
}

function parse({ id, body, deliveries }: Delivered, log: Log): Content | undefined {
  try {
    const { header, lines } = parseMessage(body);
    const place = placeOf(header);
    const content: Content = {
      queueId: id,
      deliveries,
      header,
      place,
      lines,
      rows: [],
      unreadable: [],
      audit: header.audit && prepareEntry({ id: header.id, at: header.at, audit: header.audit }),
      origin: readTrace(header),
    };
    const clientId = ownerOf(header);
    if (header.accepted !== undefined && clientId !== undefined) readEvents(content, clientId);
    return content;
  } catch (error) {
    log.error("message-unreadable", { message_id: id, error: error as Error });
    return undefined;
  }
}

function readEvents(
  { header, place, lines, rows, unreadable, origin: sender }: Content,
  clientId: string,
): void {
  const receivedAt = new Date(header.at).toISOString();
  const trace = sender && toStoredTrace(sender);
  const origin = { clientId, receivedAt, receiptId: place.id, part: place.part, trace };
  for (const line of lines) {
    try {
      const aside = parseSetAside(line);
      const { eventId, eventType, timestamp, payload } = parseLine(aside?.line ?? line);
      if (aside) {
        unreadable.push({ ...origin, eventKey: eventKey(eventId), ...aside });
        continue;
      }
      rows.push({ ...origin, eventId, eventType, timestamp, payload, eventKey: eventKey(eventId) });
    } catch (error) {
      // The id is unreadable, so the key is derived from the line.
      const detail = (error as Error).message;
      unreadable.push({ ...origin, eventKey: eventKey(line), line, reason: "unreadable", detail });
    }
  }
}

/** A request's audit row may be in a separate message, which must not be mistaken for a part of its events. */
const placeOf = ({ id, accepted, part = 0 }: Header): Place => ({
  id,
  part: accepted === undefined ? -1 : part,
});
