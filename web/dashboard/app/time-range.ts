/** The time range of a view, in its URL: `range=24h`, or `start` and `end`; and `tz`. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { type UrlState, useUrlState } from "./location.ts";
import { type Limits, type RangeName, resolveRange } from "./ranges.ts";
import { isZone, localZone } from "./zones.ts";

export { RANGES, type RangeName, rangeQuery, toIso } from "./ranges.ts";

/** Between two moves of a range that follows the present. */
const MINUTE_MS = 60_000;

export interface TimeRange extends Limits {
  /** IANA time zone. */
  tz: string;
  /** Moves a range that ends now to the present. */
  refresh(): void;
}

/**
 * The range in the URL, or the view's own. A range that ends now is fixed until the URL changes or `refresh` is called.
 * @param follows true if it moves by itself each minute, while the page is visible
 */
export function useTimeRange(byDefault: RangeName | "all", { follows = false } = {}): TimeRange {
  const state = useUrlState();
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!follows) return;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") setNow(Date.now());
    }, MINUTE_MS);
    return () => clearInterval(timer);
  }, [follows]);
  const [range, start, end, tz] = ["range", "start", "end", "tz"].map((name) => state.get(name));
  return useMemo(
    () => ({
      ...resolveRange({ range, start, end }, byDefault, now),
      tz: tz !== undefined && isZone(tz) ? tz : localZone(),
      refresh: () => setNow(Date.now()),
    }),
    [range, start, end, tz, byDefault, now],
  );
}

/** Sets a named range in the URL, or a custom one. */
export const setRange = (
  state: UrlState,
  to: { range: string } | { start: string | undefined; end: string | undefined },
): void => state.set({ range: undefined, start: undefined, end: undefined, ...to });
