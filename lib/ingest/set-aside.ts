/** Events that can't be accepted, and whose sender can't be told: they go through the queue into quarantine. */
import { hashPlace, type Seed, seenId } from "../base/ids.ts";
import type { Fault } from "../http/problem.ts";
import { toLine, toSetAside } from "../queue/message.ts";
import { digestEvent, digestValue } from "./digest.ts";
import { type IncomingEvent, MAX_DEPTH, type SentEvent } from "./event.ts";

const LONGEST_DETAIL = 1_000;

/** The event that takes a fault to quarantine: admitted, counted and deduplicated like any other. */
export function setAside(
  { event }: SentEvent,
  index: number,
  { code = "invalid-event", pointer = "", detail }: Fault,
  seed: Seed,
): IncomingEvent {
  const { event_id: eventId, event_type: eventType, timestamp, payload } = event;
  const said = pointer === "" ? detail : `${pointer}: ${detail}`;
  const line = toLine({ eventId, eventType, timestamp, payload: textOf(payload) });
  return {
    index,
    eventId,
    untimed: true,
    seenId: seenId(eventId),
    place: hashPlace(eventId, seed),
    digest: digestEvent(eventType, "", digestOf(payload)),
    line: toSetAside({ reason: code, detail: storable(said), line }),
  };
}

/** A member's name may be part of it. */
const storable = (text: string): string =>
  text.slice(0, LONGEST_DETAIL).toWellFormed().replaceAll("\0", "\uFFFD");

/** @returns the payload's JSON text; that of an empty object for one that is nested beyond what V8 can write */
function textOf(payload: object): string {
  try {
    return JSON.stringify(payload);
  } catch (error) {
    if (error instanceof RangeError) return "{}";
    throw error;
  }
}

/** Payloads that are nested too deeply all have the same digest. */
function digestOf(payload: object): number {
  try {
    return digestValue(payload, MAX_DEPTH);
  } catch {
    return 0;
  }
}
