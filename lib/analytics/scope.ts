/** Which rows a query counts. */

import { clientFilter } from "../auth/client-filter.ts";
import type { Instant } from "../base/time.ts";
import type { Caller } from "../http/call.ts";
import type { Condition } from "../query/where.ts";
import { coverStored } from "./packed-range.ts";
import type { Segment } from "./range.ts";
import type { EventScope } from "./sql/event-parts.ts";

interface Scoped {
  caller: Caller;
  query: {
    client?: string | undefined;
    event_type?: readonly string[] | undefined;
    where?: readonly Condition[] | undefined;
  };
}

export const scopeOf = (call: Scoped): EventScope => ({
  clientId: clientFilter(call),
  eventTypes: call.query.event_type,
  where: call.query.where,
});

export const isConditional = (where: readonly Condition[] | undefined): boolean =>
  where !== undefined && where.length > 0;

/** A range as a query covers it. */
export interface CoveredRange {
  /** At least the horizon. */
  start: Instant;
  end: Instant | undefined;
  /** As for `coverStored`. */
  packedBefore: number;
}

/** @param raw reads raw rows only: rollups hold no payloads, so they know neither conditions nor measures */
export function coverQuestion(
  raw: boolean,
  { start, end, packedBefore }: CoveredRange,
  cuts: readonly number[] = [],
): Segment[] {
  const segments = coverStored(start, end, cuts, packedBefore);
  if (!raw || segments.length === 0) return segments;
  return [{ grain: "raw", from: start.text, to: end?.text ?? "infinity" }];
}

/** The kind of rows that were read; "rollup" for an empty range, which reads nothing. */
export function sourceOf(segments: readonly Segment[]): "rollup" | "raw" | "mixed" {
  const raw = segments.filter(({ grain }) => grain === "raw").length;
  if (raw === 0) return "rollup";
  return raw === segments.length ? "raw" : "mixed";
}
