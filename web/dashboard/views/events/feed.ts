/** Follows the change feed: new events as they are stored, each once, without asking more often than needed. */
import type { Result } from "../../api/client.ts";

export type StoredEvent = Result<"listEvents">["events"][number];

/** One page of the feed. @param wait seconds that an empty answer may take */
export type ReadFeed = (
  page: { after: string; wait: number; limit: number },
  signal: AbortSignal,
) => Promise<{ events: readonly StoredEvent[]; next_cursor: string | null }>;

export interface Feed {
  read: ReadFeed;
  /** Gets new events in the order of storing. */
  onEvents(events: readonly StoredEvent[]): void;
  /** Told when events were left out, as more come than anybody reads. */
  onSkip(): void;
  /** Waits, for example for the connection, and decides whether to go on after an error. */
  onError(error: unknown, signal: AbortSignal): Promise<boolean>;
  pause(ms: number, signal: AbortSignal): Promise<void>;
}

export const PAGE = 200;
const WAIT_SECONDS = 20;
/** Between two questions: several pages a second are enough for people. */
const PAUSE_MS = 250;
/** After so many full pages in a row, the feed goes on with the newest events. */
const MOST_FULL_PAGES = 5;

/** The position after the newest event. */
export async function newestCursor(read: ReadFeed, signal: AbortSignal): Promise<string> {
  const { next_cursor } = await read({ after: "latest", wait: 0, limit: 1 }, signal);
  return next_cursor ?? "latest";
}

/**
 * Reads the feed from a cursor until the signal aborts.
 * @param onCursor gets each position, to go on from there later
 */
export async function follow(
  { read, onEvents, onSkip, onError, pause }: Feed,
  from: string,
  onCursor: (cursor: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let after = from;
  let fullPages = 0;
  while (!signal.aborted) {
    try {
      if (fullPages >= MOST_FULL_PAGES) {
        after = await newestCursor(read, signal);
        fullPages = 0;
        onSkip();
      }
      const { events, next_cursor } = await read({ after, wait: WAIT_SECONDS, limit: PAGE }, signal);
      if (signal.aborted) return;
      after = next_cursor ?? after;
      onCursor(after);
      if (events.length > 0) onEvents(events);
      fullPages = events.length === PAGE ? fullPages + 1 : 0;
      await pause(PAUSE_MS, signal);
    } catch (error) {
      if (signal.aborted || !(await onError(error, signal))) return;
    }
  }
}
