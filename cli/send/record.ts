import type { EventInput } from "../../sdk/typescript/src/node.ts";

/** One event of the input, as it was found there. */
export interface InputRecord {
  /** Its place among all records, from 1. */
  ordinal: number;
  /** Where it begins: its line, from 1; of JSON its place among the values. */
  line: number;
  /** Its text, for the file of rejected records. */
  text: string;
  /** Undefined if there is a fault. */
  event?: DraftEvent;
  /** Why it can't be sent. */
  fault?: string;
}

/** An event that may lack what `complete` adds. */
export type DraftEvent = Partial<EventInput> & { payload: object };

/** A line, value or row of the input, before it is understood. */
export interface Raw {
  line: number;
  text: string;
  fault?: string;
}

const MEMBERS = ["event_id", "event_type", "timestamp", "payload"];

/** @throws {TypeError} if the value is no event, or has a member that would not be sent */
export function toDraft(value: unknown): DraftEvent {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new TypeError("It is not a JSON object.");
  const extra = Object.keys(value).find((name) => !MEMBERS.includes(name));
  if (extra !== undefined) throw new TypeError(`The event has an unknown member ${JSON.stringify(extra)}.`);
  return value as DraftEvent;
}
