/** The rows of the list: events that arrived on top, then those of the pages that were read. */
import type { StoredEvent } from "./feed.ts";

/** A browser shows so many rows without becoming slow. */
export const MOST_ROWS = 500;

export interface Rows {
  events: readonly StoredEvent[];
  /** Ids of events that arrived while the page was open. */
  arrived: ReadonlySet<string>;
  /** True if older rows were left out. */
  isCut: boolean;
}

export const NO_ROWS: Rows = { events: [], arrived: new Set(), isCut: false };

/** Identifies an event: ids are unique within a client. */
export const keyOf = ({ client_id, event_id }: StoredEvent): string => `${client_id} ${event_id}`;

/** Adds events that arrived, the last one on top. One that is in the list already stays where it is. */
export function withArrivals(rows: Rows, arrivals: readonly StoredEvent[]): Rows {
  const known = new Set(rows.events.map(keyOf));
  const fresh = arrivals.filter((event) => !known.has(keyOf(event))).toReversed();
  const events = [...fresh, ...rows.events];
  const kept = events.slice(0, MOST_ROWS);
  const arrived = new Set([...fresh.map(keyOf), ...rows.arrived]);
  return { events: kept, arrived: onlyKept(arrived, kept), isCut: rows.isCut || events.length > MOST_ROWS };
}

/** Adds a page below. */
export function withPage(rows: Rows, page: readonly StoredEvent[]): Rows {
  const known = new Set(rows.events.map(keyOf));
  const events = [...rows.events, ...page.filter((event) => !known.has(keyOf(event)))];
  return { ...rows, events: events.slice(0, MOST_ROWS), isCut: rows.isCut || events.length > MOST_ROWS };
}

const onlyKept = (keys: ReadonlySet<string>, events: readonly StoredEvent[]): Set<string> =>
  new Set(events.map(keyOf).filter((key) => keys.has(key)));
