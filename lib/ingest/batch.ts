/** The events of one request: a single one, `{"events": […]}`, one per line (NDJSON), CloudEvents, or items of another protocol. */

import type { Seed } from "../base/ids.ts";
import { mayHoldUnstorable, numberSource, parseExact } from "../base/json.ts";
import { bodyText, type MediaType, mediaType, parseJson } from "../http/body.ts";
import type { ApiRequest } from "../http/gateway.ts";
import { type Fault, Problem } from "../http/problem.ts";
import { readCloudEvents } from "./cloudevents/read.ts";
import { type IncomingEvent, itemFault, type Reading, readEvent, windowAt } from "./event.ts";

/** Maximum events in a request. */
export const MAX_EVENTS = 1_000;
const MEDIA_TYPES: readonly MediaType[] = ["application/json", "application/x-ndjson"];

export interface Batch {
  /** Sorted by place. Events with the same id are in the order of the request. */
  valid: IncomingEvent[];
  faults: Fault[];
}

/** A request's cost, in events, against its client's limit. */
export const costOf = ({ valid, faults }: Batch): number => Math.max(1, valid.length + faults.length);

/** What a request contains, in the protocol that its headers name. */
export interface Items {
  /** At least one, except in an empty batch of CloudEvents. */
  values: readonly unknown[];
  read: (value: unknown, index: number, reading: Reading) => IncomingEvent | Fault;
  /** True if they may contain strings that PostgreSQL can't store. */
  unsure: boolean;
}

/**
 * Parses and validates a request's events independently: an invalid event does not affect the others.
 * @param seed seed of the ids' places
 * @throws {Problem} if the body itself is invalid
 */
export function readBatch(request: ApiRequest, retentionDays: number, seed: Seed): Batch {
  return toBatch(readCloudEvents(request) ?? readOwnFormat(request), retentionDays, seed);
}

/**
 * Validates what a request contains.
 * @throws {Problem} `payload-too-large`
 */
export function toBatch({ values, read, unsure }: Items, retentionDays: number, seed: Seed): Batch {
  if (values.length > MAX_EVENTS)
    throw new Problem(
      "payload-too-large",
      `The request has ${values.length} events; the maximum is ${MAX_EVENTS}.`,
    );

  const reading = { window: windowAt(Date.now(), retentionDays), unsure, seed };
  const batch: Batch = { valid: [], faults: [] };
  for (const [index, value] of values.entries()) {
    const item = read(value, index, reading);
    if ("line" in item) batch.valid.push(item);
    else batch.faults.push(item);
  }
  if (batch.valid.length > 1) batch.valid.sort((a, b) => a.place - b.place);
  return batch;
}

function readOwnFormat(request: ApiRequest): Items {
  const type = mediaType(request, MEDIA_TYPES);
  const text = bodyText(request);
  const values = type === "application/x-ndjson" ? readLines(text) : readItems(parseJson(text, true));
  return { values, read: readItem, unsure: mayHoldUnstorable(text) };
}

const readItem: Items["read"] = (value, index, reading) =>
  value instanceof NotJson ? value.at(index) : readEvent(value, index, reading);

function readItems(value: unknown): readonly unknown[] {
  if (
    typeof value !== "object" ||
    value === null ||
    Array.isArray(value) ||
    numberSource(value) !== undefined
  )
    throw new Problem("invalid-body", 'The body must be one event or {"events": […]}.');
  if (!("events" in value)) return [value];
  const { events, ...others } = value;
  const extra = Object.keys(others)[0];
  if (extra !== undefined)
    throw new Problem(
      "invalid-body",
      `The body has an unknown member ${JSON.stringify(extra.toWellFormed())} in addition to "events".`,
    );
  if (!Array.isArray(events) || events.length === 0)
    throw new Problem("invalid-body", '"events" must be an array of 1 to 1,000 events.');
  return events;
}

/** A line that is not JSON; the other lines are still accepted. */
class NotJson {
  at(index: number): Fault {
    return itemFault(index, null, "", "the line is not JSON");
  }
}

function readLines(text: string): readonly unknown[] {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length === 0) throw new Problem("invalid-body", "The body has no events.");
  if (lines.length > MAX_EVENTS) return lines;
  return lines.map((line) => {
    try {
      return parseExact(line);
    } catch {
      return new NotJson();
    }
  });
}
