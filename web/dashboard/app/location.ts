/** The page's URL as state: the view is in the path, everything a colleague should see is in the query. */
import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";

const BASE = "/dashboard";

export interface Location {
  /** Path below `/dashboard/`; empty for the page itself. */
  view: string;
  query: URLSearchParams;
}

const read = (): Location => ({
  view: decodeView(location.pathname),
  query: new URLSearchParams(location.search),
});

function decodeView(path: string): string {
  const rest = path.slice(BASE.length).replace(/^\/|\/$/g, "");
  try {
    return decodeURIComponent(rest);
  } catch {
    return rest;
  }
}

/** Where the page is. */
export const current = signal<Location>(read());
/** Counts changes of the view by the user, after each of which the heading gets the focus. */
export const navigations = signal(0);

addEventListener("popstate", () => {
  const from = current.value.view;
  current.value = read();
  if (current.value.view !== from) navigations.value++;
});

export type QueryValues = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The URL of a view. Members that are undefined, empty or an empty list are left out. */
export function viewUrl(view: string, query: QueryValues = {}): string {
  const search = withValues(new URLSearchParams(), query);
  return `${BASE}/${encodeURIComponent(view)}${search.size > 0 ? `?${search}` : ""}`;
}

/** Goes to a URL of the dashboard without loading the page. */
export function navigate(url: string): void {
  const from = current.value.view;
  history.pushState(null, "", url);
  current.value = read();
  if (current.value.view === from) return;
  navigations.value++;
  scrollTo(0, 0);
}

/** A copy of the query with other values; undefined or empty removes a parameter. */
export function withValues(query: URLSearchParams, values: QueryValues): URLSearchParams {
  const changed = new URLSearchParams(query);
  for (const [name, value] of Object.entries(values)) {
    changed.delete(name);
    for (const one of [value ?? []].flat()) if (one !== "") changed.append(name, one);
  }
  return changed;
}

/** The state of a view in the URL's query. */
export interface UrlState {
  get(name: string): string | undefined;
  all(name: string): string[];
  /** Adds a step to the history; with `replace`, changes the current one, as for each letter that is typed. */
  set(values: QueryValues, options?: { replace?: boolean }): void;
}

/** The state in the URL; the component renders again when it changes. */
export function useUrlState(): UrlState {
  const { query } = current.value;
  return useMemo(
    () => ({
      get: (name: string) => query.get(name) || undefined,
      all: (name: string) => query.getAll(name).filter((value) => value !== ""),
      set: (values: QueryValues, { replace = false } = {}) => {
        const search = withValues(current.value.query, values);
        const url = `${location.pathname}${search.size > 0 ? `?${search}` : ""}`;
        if (url === location.pathname + location.search) return;
        history[replace ? "replaceState" : "pushState"](null, "", url);
        current.value = read();
      },
    }),
    [query],
  );
}
