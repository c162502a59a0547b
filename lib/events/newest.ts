/** Where a list over all clients may begin to read, so that it reads little more than it shows. */
import { parseTime } from "../base/time.ts";
import type { Executor } from "../postgres/client.ts";
import { countBetween, type EventFilter } from "./sql/list-events.ts";

/** Length of the first window, in milliseconds, and how many times longer each next one is. */
const WINDOW_MS = 1_000;
const GROWTH = 4;

/**
 * The start of a window that has a list's first rows. It goes back from the list's begin, or from now, in windows that grow until
 * there are enough rows: so it reads a few times as many rows as the list shows, and 400 days without any take 14 short queries. An index
 * that has the order of all events would answer at once, but cost each stored event a twentieth (docs/decisions/0048).
 * @param rows number of rows of the list
 * @param now milliseconds since the Unix epoch
 * @returns RFC 3339; undefined for a list of one client or one event, which has an index
 */
export async function startOfNewest(
  sql: Executor,
  filter: EventFilter,
  rows: number,
  now: number,
): Promise<string | undefined> {
  if (filter.clientId !== null || filter.event !== undefined) return undefined;
  const first = filter.start.ms;
  let from = Math.max(first, Math.min(now, ...lastOf(filter)));
  let found = await countBetween(sql, filter, textOf(from), undefined);
  for (let size = WINDOW_MS; found < rows && from > first; size *= GROWTH) {
    const to = from;
    from = Math.max(first, from - size);
    found += await countBetween(sql, filter, textOf(from), textOf(to));
  }
  return textOf(from);
}

/** Times that no event of the list is after, in milliseconds. */
const lastOf = ({ end, after }: EventFilter): number[] => [
  ...(end === undefined ? [] : [end.ms]),
  ...(after === undefined ? [] : [parseTime(after[0])?.ms ?? Number.POSITIVE_INFINITY]),
];

const textOf = (ms: number): string => new Date(ms).toISOString();
