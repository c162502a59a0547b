/** The most frequent values, from the most frequent ones of each part. */
import { topValues } from "../../analytics/sql/top-values.ts";
import { MAX_VALUE_BYTES } from "../../analytics/top.ts";
import { scopeOf, type TopQuestion } from "../question.ts";
import type { Kind } from "./kind.ts";

/**
 * Values that are kept between two parts, and read of each: at 1,000 bytes at most, 20 MB. A question with fewer different values is
 * answered exactly.
 */
export const MOST_KEPT = 20_000;

export interface TopState {
  /** JSON texts of values, with their counts. */
  values: [value: string, count: number][];
  events: number;
  tooLong: number;
  /** The most events of one value that may be missing from its count, since it was not among those kept. */
  missing: number;
}

export const top: Kind<TopQuestion, TopState> = {
  empty: () => ({ values: [], events: 0, tooLong: 0, missing: 0 }),

  async add(sql, plan, { part }, state) {
    const { property } = plan.question;
    const rows = await topValues(sql, scopeOf(plan, part), property, {
      limit: MOST_KEPT + 1,
      maxBytes: MAX_VALUE_BYTES,
    });
    const values = rows.flatMap(({ value, count }): [string, number][] =>
      value === null ? [] : [[value, count]],
    );
    const [first] = rows;
    const read = { values, events: first?.events ?? 0, tooLong: first?.too_long ?? 0, missing: 0 };
    return merge(state, read);
  },

  result({ limit }, { values, events, tooLong, missing }) {
    const shown = inOrder(values).slice(0, limit);
    const list = shown.map(([value, count]) => `{"value":${value},"count":${count}}`).join(",");
    return `{"values":[${list}],"events":${events},"too_long":${tooLong},"max_missing":${missing}}`;
  },
};

/**
 * Adds two states. What is dropped may come again in a later part, which then counts from zero: its count lacks at most the
 * largest count that was dropped each time (J. Misra and D. Gries, "Finding repeated elements", 1982).
 * @param most values to keep
 */
export function merge(a: TopState, b: TopState, most = MOST_KEPT): TopState {
  const [kept, dropped] = keep(b.values, most);
  const counts = new Map(a.values);
  for (const [value, count] of kept) counts.set(value, (counts.get(value) ?? 0) + count);
  const [values, left] = keep([...counts], most);
  return {
    values,
    events: a.events + b.events,
    tooLong: a.tooLong + b.tooLong,
    missing: a.missing + b.missing + dropped + left,
  };
}

/** @returns the most frequent values, and the largest count of the others */
function keep(values: TopState["values"], most: number): [kept: TopState["values"], dropped: number] {
  if (values.length <= most) return [values, 0];
  const sorted = inOrder(values);
  return [sorted.slice(0, most), sorted[most]?.[1] ?? 0];
}

/** Most frequent first, then in byte order, as `topValues` returns them. */
const inOrder = (values: TopState["values"]): TopState["values"] =>
  values.toSorted(([a, n], [b, m]) => m - n || Buffer.compare(Buffer.from(a), Buffer.from(b)));
