/** Hooks that read the API: one answer, or a list page by page. */
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { call, type OperationId, type Parameters, type Result, WeirError } from "./client.ts";
import { isOffline, whenOnline } from "./connection.ts";

/** The state of a call. `data` stays while it is repeated, and after an error. */
export interface Answer<T> {
  data: T | undefined;
  error: unknown;
  isLoading: boolean;
  reload(): void;
}

interface Options {
  /** Repeats the call this long after each answer, while the page is visible. */
  refreshMs?: number;
}

/**
 * Calls an operation, and again when the parameters change. If there is no connection, it tries again by itself.
 * @param parameters undefined while the call is not wanted
 */
export function useApi<Id extends OperationId>(
  id: Id,
  parameters: Parameters<Id> | undefined,
  { refreshMs }: Options = {},
): Answer<Result<Id>> {
  const [state, setState] = useState<{ of: string; data?: Result<Id>; error?: unknown }>({ of: "" });
  const [attempt, setAttempt] = useState(0);
  const words = parameters === undefined ? undefined : JSON.stringify(parameters);
  // `words` has the content of `parameters`, and `attempt` repeats the call.
  useEffect(() => {
    if (words === undefined || parameters === undefined) return;
    const stop = new AbortController();
    const again = (): void => setAttempt((count) => count + 1);
    call(id, ...([parameters, { signal: stop.signal }] as never)).then(
      (data) => {
        if (stop.signal.aborted) return;
        setState({ of: words, data: data as Result<Id> });
        if (refreshMs !== undefined) whenVisible(refreshMs, stop.signal, again);
      },
      (error: unknown) => {
        if (stop.signal.aborted) return;
        setState((before) => ({ ...before, of: words, error }));
        if (isOffline(error)) whenOnline(stop.signal, again);
        else if (refreshMs !== undefined && !isLasting(error)) whenVisible(refreshMs * 2, stop.signal, again);
      },
    );
    return () => stop.abort();
  }, [id, words, attempt, refreshMs]);
  return {
    data: state.data,
    error: state.error,
    isLoading: words !== undefined && state.of !== words,
    reload: useCallback(() => setAttempt((count) => count + 1), []),
  };
}

/** True for an error that repeating the call does not change. */
const isLasting = (error: unknown): boolean =>
  error instanceof WeirError && error.status < 500 && error.status !== 429;

/** Calls back once, after a time and when the page is visible: a hidden tab asks for nothing. */
export function whenVisible(ms: number, signal: AbortSignal, callback: () => void): void {
  const run = (): void => {
    if (document.visibilityState === "visible") callback();
    else document.addEventListener("visibilitychange", run, { once: true, signal });
  };
  const timer = setTimeout(run, ms);
  signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
}

export interface Pages<Row> {
  rows: readonly Row[];
  error: unknown;
  isLoading: boolean;
  hasMore: boolean;
  loadMore(): void;
  reload(): void;
}

/** Operations with a cursor. */
type ListId = {
  [Id in OperationId]: Result<Id> extends { next_cursor: string | null } ? Id : never;
}[OperationId];

/**
 * Reads a list whose pages are linked by cursors.
 * @param pick takes the rows of a page; must not change between renderings
 */
export function usePages<Id extends ListId, Row>(
  id: Id,
  parameters: Parameters<Id> | undefined,
  pick: (page: Result<Id>) => readonly Row[],
): Pages<Row> {
  const [cursor, setCursor] = useState<{ of: string; value: string } | undefined>();
  const [state, setState] = useState<{ of: string; rows: readonly Row[]; next: string | null }>();
  const words = JSON.stringify(parameters);
  const value = cursor?.of === words ? cursor?.value : undefined;
  const given = parameters as { query?: object } | undefined;
  const asked = given && {
    ...given,
    query: { ...given.query, ...(value !== undefined && { cursor: value }) },
  };
  const page = useApi(id, asked as Parameters<Id> | undefined);
  const seen = useRef<unknown>(undefined);
  useEffect(() => {
    const { data } = page;
    if (data === undefined || page.isLoading || seen.current === data) return;
    seen.current = data;
    const { next_cursor: next } = data as { next_cursor: string | null };
    const rows = pick(data as Result<Id>);
    setState((before) => ({
      of: words,
      rows: value !== undefined && before?.of === words ? [...before.rows, ...rows] : rows,
      next,
    }));
  }, [page.data, page.isLoading, words, value, pick]);
  const isCurrent = state?.of === words;
  const reload = useCallback(() => {
    setCursor(undefined);
    page.reload();
  }, [page.reload]);
  return {
    rows: state?.rows ?? [],
    error: page.error,
    isLoading: page.isLoading || (!isCurrent && page.error === undefined && parameters !== undefined),
    hasMore: isCurrent && state.next !== null,
    loadMore: () => {
      if (isCurrent && state.next !== null) setCursor({ of: words, value: state.next });
    },
    reload,
  };
}
