/** Plans a question: which events it is about, and its parts. */
import type { z } from "zod";
import { type CountedBucket, countBuckets } from "../analytics/sql/count-buckets.ts";
import { clientFilter } from "../auth/client-filter.ts";
import { DAY_MS, type Instant, instantOf } from "../base/time.ts";
import type { Caller } from "../http/call.ts";
import { Problem } from "../http/problem.ts";
import type { Executor } from "../postgres/client.ts";
import { clampStart } from "../storage/horizon.ts";
import type { newQuerySchema } from "./contract.ts";
import { cutsOf } from "./divide.ts";
import { MOST_SKETCHES, startsOf } from "./kinds/uniques.ts";
import type { Plan, Question, QuestionScope } from "./question.ts";

export type NewQuery = z.output<typeof newQuerySchema>;

/** Events of a part. */
export type PartSizes = Readonly<Record<Question["kind"], number>>;

/** A second or less, so that calls end soon after their time, and there are few parts for many events. */
export const SIZES: PartSizes = { top: 300_000, uniques: 300_000, funnel: 100_000 };
/** Parts of a query: 1.5 billion events, or 500 million of a funnel. */
const MOST_PARTS = 5_000;
/** Longest range that is divided by hours; longer ones by days. */
const HOURS_UNTIL_MS = 40 * DAY_MS;

export interface PlannedQuery extends Plan {
  /** Events in the range, of its types. */
  events: number;
}

/**
 * @param now the database's time, in milliseconds since the Unix epoch
 * @throws {Problem} `insufficient-scope`; `query-too-broad` for more than `MOST_PARTS`, or too many buckets
 */
export async function planQuery(
  sql: Executor,
  caller: Caller,
  asked: NewQuery,
  { horizon, now, sizes }: { horizon: Instant; now: number; sizes: PartSizes },
): Promise<PlannedQuery> {
  const types =
    asked.kind === "funnel" ? asked.steps.map((step) => step.event_type) : typesOf(asked.event_type);
  const start = clampStart(asked.start, horizon);
  const range = { clientId: clientFilter({ caller, query: asked }), start, end: asked.end };
  const isLong = (asked.end?.ms ?? now) - start.ms > HOURS_UNTIL_MS;
  const buckets = await countBuckets(sql, range, types, isLong ? 1440 : 60);
  const events = buckets.reduce((sum, bucket) => sum + bucket.events, 0);
  const question = questionOf(asked, {
    ...within(range, buckets),
    storedBefore: new Date(now).toISOString(),
  });
  return { question, cuts: divide(question.scope, buckets, sizes[question.kind]), events };
}

const typesOf = (type: string | undefined): string[] | null => (type === undefined ? null : [type]);

/** Narrows an open range to the buckets that have events. */
function within<R extends { start: Instant; end: Instant | undefined }>(
  range: R,
  buckets: readonly CountedBucket[],
): R & { end: Instant } {
  const first = instantOf(Math.max(range.start.ms, buckets[0]?.from ?? range.start.ms));
  const last = buckets.at(-1)?.to ?? first.ms;
  return {
    ...range,
    start: first.ms > range.start.ms ? first : range.start,
    end: range.end !== undefined && range.end.ms <= last ? range.end : instantOf(last),
  };
}

function questionOf(asked: NewQuery, range: Omit<QuestionScope, "where">): Question {
  switch (asked.kind) {
    case "top":
      return { kind: "top", scope: scopeOf(asked, range), property: asked.property, limit: asked.limit };
    case "uniques":
      return checked({
        kind: "uniques",
        scope: scopeOf(asked, range),
        property: asked.property,
        interval: asked.interval,
        tz: asked.tz,
      });
    case "funnel":
      return {
        kind: "funnel",
        scope: range,
        key: asked.key,
        steps: asked.steps.map(({ event_type: eventType, where }) => ({ eventType, where })),
        windowSeconds: asked.window_seconds,
      };
  }
}

const scopeOf = (
  { event_type: eventType, where }: Extract<NewQuery, { property: unknown }>,
  range: Omit<QuestionScope, "where">,
): QuestionScope => ({ ...range, eventType, where });

function checked(question: Extract<Question, { kind: "uniques" }>): Question {
  if ((startsOf(question)?.length ?? 0) <= MOST_SKETCHES) return question;
  throw new Problem(
    "query-too-broad",
    `The range has more than ${MOST_SKETCHES} buckets; use a longer interval or a shorter range.`,
  );
}

function divide(
  { start, end }: QuestionScope,
  buckets: readonly CountedBucket[],
  partEvents: number,
): string[] {
  const events = buckets.reduce((sum, bucket) => sum + bucket.events, 0);
  if (Math.ceil(events / partEvents) > MOST_PARTS)
    throw new Problem(
      "query-too-broad",
      `The range has ${events.toLocaleString("en")} events; a query can have ${(MOST_PARTS * partEvents).toLocaleString("en")}. Use a shorter range.`,
    );
  return cutsOf(buckets, partEvents)
    .filter((ms) => (start === undefined || ms > start.ms) && (end === undefined || ms < end.ms))
    .map((ms) => new Date(ms).toISOString());
}
