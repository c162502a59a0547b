/** The list of events with what arrives, as a hook. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call, type Parameters, WeirError } from "../../api/client.ts";
import { isOffline, whenOnline } from "../../api/connection.ts";
import { whenVisible } from "../../api/use-api.ts";
import { follow, newestCursor, type ReadFeed, type StoredEvent } from "./feed.ts";
import { NO_ROWS, type Rows, withArrivals, withPage } from "./rows.ts";

type ListQuery = NonNullable<Parameters<"listEvents">["query"]>;

export interface LiveEvents {
  rows: Rows;
  error: unknown;
  isLoading: boolean;
  hasMore: boolean;
  loadMore(): void;
  reload(): void;
  /** True if events were left out, as more came than the page shows. */
  hasSkipped: boolean;
}

const PAGE = 50;
const RETRY_MS = 5_000;

interface State {
  rows: Rows;
  next: string | null;
  error: unknown;
  isLoading: boolean;
  hasSkipped: boolean;
}

const EMPTY: State = { rows: NO_ROWS, next: null, error: undefined, isLoading: true, hasSkipped: false };

/**
 * Reads the first page, and follows the feed from before that page, so that no event is missing in between.
 * @param query filters of the list; `start`, `end` and `event_id` do not apply to the feed
 * @param isLive false while nothing should be added; then it continues where it was
 */
export function useLiveEvents(query: ListQuery, isLive: boolean): LiveEvents {
  const [state, setState] = useState(EMPTY);
  const [attempt, setAttempt] = useState(0);
  const [cursor, setCursor] = useState<string>();
  const position = useRef<string>(undefined);
  const words = JSON.stringify(query);
  const change = useCallback(
    (part: (before: State) => Partial<State>) => setState((before) => ({ ...before, ...part(before) })),
    [],
  );

  // `words` has the content of `query`.
  useEffect(() => {
    const stop = new AbortController();
    setCursor(undefined);
    change(() => ({ isLoading: true, error: undefined }));
    const start = async (): Promise<void> => {
      const from = isFollowed(query) ? await newestCursor(reader(query), stop.signal) : undefined;
      const page = await call("listEvents", { query: { ...query, limit: PAGE } }, { signal: stop.signal });
      if (stop.signal.aborted) return;
      setState({ ...EMPTY, rows: withPage(NO_ROWS, page.events), next: page.next_cursor, isLoading: false });
      position.current = from;
      setCursor(from);
    };
    start().catch((error: unknown) => {
      if (stop.signal.aborted) return;
      change(() => ({ error, isLoading: false }));
      if (isOffline(error)) whenOnline(stop.signal, () => setAttempt((count) => count + 1));
    });
    return () => stop.abort();
  }, [words, attempt, change]);

  useEffect(() => {
    if (!isLive || cursor === undefined) return;
    const stop = new AbortController();
    const from = query.start === undefined ? undefined : Date.parse(query.start);
    const isInRange = ({ timestamp }: StoredEvent): boolean =>
      from === undefined || Date.parse(timestamp) >= from;
    const feed = {
      read: reader(query),
      onEvents: (events: readonly StoredEvent[]) =>
        change(({ rows }) => ({ rows: withArrivals(rows, events.filter(isInRange)), error: undefined })),
      onSkip: () => change(() => ({ hasSkipped: true })),
      onError: (error: unknown, signal: AbortSignal) =>
        recover(error, signal, () => change(() => ({ error }))),
      pause: whenShown,
    };
    void follow(feed, position.current ?? cursor, (next) => (position.current = next), stop.signal);
    return () => stop.abort();
  }, [cursor, isLive, words, change]);

  const loadMore = useCallback(() => {
    if (state.next === null) return;
    change(() => ({ isLoading: true }));
    call("listEvents", { query: { ...query, limit: PAGE, cursor: state.next } }).then(
      (page) =>
        change(({ rows }) => ({
          rows: withPage(rows, page.events),
          next: page.next_cursor,
          isLoading: false,
        })),
      (error: unknown) => change(() => ({ error, isLoading: false })),
    );
  }, [words, state.next, change]);

  return {
    ...state,
    hasMore: state.next !== null && !state.rows.isCut,
    loadMore,
    reload: useCallback(() => setAttempt((count) => count + 1), []),
  };
}

/** Nothing new can come into a range that is over, or for one id. */
export const isFollowed = ({ end, event_id }: ListQuery): boolean =>
  event_id === undefined && (end === undefined || Date.parse(end) > Date.now());

const reader =
  ({ event_type, where, client }: ListQuery): ReadFeed =>
  (page, signal) => {
    const filters = {
      ...(event_type !== undefined && { event_type }),
      ...(where !== undefined && { where }),
      ...(client !== undefined && { client }),
    };
    return call("listEvents", { query: { order: "asc", ...filters, ...page } }, { signal });
  };

const whenShown = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    whenVisible(ms, signal, resolve);
    signal.addEventListener("abort", () => resolve(), { once: true });
  });

/** Waits until it makes sense to ask again. @returns false if it never does */
async function recover(error: unknown, signal: AbortSignal, show: () => void): Promise<boolean> {
  if (isOffline(error)) {
    await new Promise<void>((resolve) => {
      whenOnline(signal, resolve);
      signal.addEventListener("abort", () => resolve(), { once: true });
    });
    return true;
  }
  const isTemporary = error instanceof WeirError && (error.status >= 500 || error.status === 429);
  if (!isTemporary) {
    show();
    return false;
  }
  await whenShown(error.retryAfterMs ?? RETRY_MS, signal);
  return true;
}
