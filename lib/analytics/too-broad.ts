/** Tells how much a question over raw events was about, if it takes too long, and what is cheap enough. */
import { DAY_MS, HOUR_MS } from "../base/time.ts";
import { Problem } from "../http/problem.ts";
import type { Database } from "../postgres/client.ts";
import { QUERY_CANCELED, sqlState } from "../postgres/errors.ts";
import { countBuckets } from "./sql/count-buckets.ts";
import type { RawScope } from "./sql/raw-events.ts";

/** Events that PostgreSQL reads in a millisecond with one property: half of what docs/queries.md says, to be safe. */
const EVENTS_PER_MS = 500;

/**
 * Runs a question.
 * @param types null for all
 * @throws {Problem} `query-too-broad` if the database cancels it since it takes too long
 */
export async function orTooBroad<T>(
  sql: Database,
  scope: RawScope,
  types: readonly string[] | null,
  run: () => Promise<T>,
): Promise<T> {
  const began = performance.now();
  try {
    return await run();
  } catch (error) {
    if (sqlState(error) !== QUERY_CANCELED) throw error;
    const buckets = await countBuckets(sql, scope, types, 1440).catch(() => []);
    throw tooBroad(buckets, (performance.now() - began) * EVENTS_PER_MS, error);
  }
}

function tooBroad(
  buckets: Awaited<ReturnType<typeof countBuckets>>,
  enough: number,
  cause: unknown,
): Problem {
  const events = buckets.reduce((sum, bucket) => sum + bucket.events, 0);
  const span = (buckets.at(-1)?.to ?? 0) - (buckets[0]?.from ?? 0);
  const limit =
    events > enough
      ? ` About ${rounded(enough)} are cheap enough: a range of ${duration((span * enough) / events)}.`
      : "";
  const detail = `The query takes too long: its range has ${events.toLocaleString("en")} events.${limit} Bring start and end closer together, specify an event_type or a client, or ask with POST /v1/queries, which answers in parts.`;
  return new Problem("query-too-broad", detail, { cause });
}

/** To one significant digit. */
const rounded = (count: number): string => Number(count.toPrecision(1)).toLocaleString("en");

const duration = (ms: number): string =>
  ms >= 2 * DAY_MS ? `${Math.floor(ms / DAY_MS)} days` : `${Math.max(1, Math.floor(ms / HOUR_MS))} hours`;
