import { createHash } from "node:crypto";
import type { EventInput } from "../../sdk/typescript/src/node.ts";
import type { InputRecord } from "./record.ts";

export interface Defaults {
  /** Type of events that have none. */
  type: string | undefined;
  /** Time of events that have none: when this input was first sent. */
  startedAt: string;
}

/**
 * Adds what an event lacks, always in the same way, so that sending the same input again sends the same events. An id is
 * derived from the record's text and place. An event without a time happened when it is sent: its id depends on that, too.
 * @throws {TypeError} if the event has no type
 */
export function complete({ ordinal, text, event }: InputRecord, { type, startedAt }: Defaults): EventInput {
  const { event_id, event_type = type, timestamp, payload } = event ?? { payload: {} };
  if (event_type === undefined)
    throw new TypeError("The event has no event_type. Add it, or specify --type for all that have none.");
  return {
    event_id: event_id ?? derivedId([String(ordinal), text, ...(timestamp === undefined ? [startedAt] : [])]),
    event_type,
    timestamp: timestamp ?? startedAt,
    payload,
  };
}

/** A UUID of version 8 (RFC 9562), whose bits are those of a hash. */
function derivedId(parts: readonly string[]): string {
  const bytes = createHash("sha256").update(JSON.stringify(parts)).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}
