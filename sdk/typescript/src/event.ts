import { SendError, type WeirEvent } from "./errors.ts";

/** An event to send. The sender adds what is missing. */
export interface EventInput {
  /** Identifies the event: it counts once, however often it is sent. By default a new UUID of version 7. */
  event_id?: string;
  event_type: string;
  /** When it happened; by default now. */
  timestamp?: string | Date;
  payload: object;
}

/** An event's final form, the same in every attempt. */
export interface EncodedEvent {
  eventId: string;
  timestamp: string;
  /** JSON text of the whole event. */
  json: string;
  /** Its length in UTF-8. */
  bytes: number;
}

const utf8 = new TextEncoder();

/** @throws {SendError} `invalid`, if the payload can't be converted to JSON */
export function encodeEvent({ event_id, event_type, timestamp, payload }: EventInput): EncodedEvent {
  const now = Date.now();
  const eventId = event_id ?? uuidv7(now);
  try {
    const time = typeof timestamp === "string" ? timestamp : (timestamp ?? new Date(now)).toISOString();
    const json = JSON.stringify({ event_id: eventId, event_type, timestamp: time, payload });
    return { eventId, timestamp: time, json, bytes: utf8.encode(json).length };
  } catch (cause) {
    throw new SendError("invalid", `The event can't be converted to JSON: ${(cause as Error).message}`, {
      cause,
    });
  }
}

export const decodeEvent = ({ json }: EncodedEvent): WeirEvent => JSON.parse(json) as WeirEvent;

/**
 * A UUID of version 7 (RFC 9562): its first 48 bits are the time. Only secure pages have `crypto.randomUUID`.
 * @param ms milliseconds since the Unix epoch
 */
export function uuidv7(ms: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const time = ms.toString(16).padStart(12, "0");
  const variant = "89ab"[(bytes[2] ?? 0) & 3];
  return `${time.slice(0, 8)}-${time.slice(8)}-7${hex.slice(1, 4)}-${variant}${hex.slice(5, 8)}-${hex.slice(8)}`;
}

/** The body of a request. */
export const encodeBatch = (events: readonly EncodedEvent[]): Uint8Array<ArrayBuffer> =>
  utf8.encode(`{"events":[${events.map(({ json }) => json).join()}]}`);

/** Bytes that a request adds to those of its events: the frame, and a comma for each event. */
export const FRAME_BYTES = 13;

/** Compresses a body in the runtime's own code, in Node and in browsers. */
export async function gzip(body: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const stream = new Blob([body]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}
