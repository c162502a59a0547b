/** A question that is answered in parts, as it is stored. */
import type { Interval } from "../analytics/calendar.ts";
import type { FunnelStep } from "../analytics/sql/funnel-chains.ts";
import type { RawScope } from "../analytics/sql/raw-events.ts";
import { DAY_MS } from "../base/time.ts";
import type { PropertyPath } from "../query/property.ts";

/** Time after which a query is deleted, in milliseconds. */
export const KEPT_MS = 7 * DAY_MS;

/** Which events it is about: those that were stored when it was asked. */
export type QuestionScope = RawScope & { storedBefore: string };

export interface TopQuestion {
  kind: "top";
  scope: QuestionScope;
  property: PropertyPath;
  limit: number;
}

export interface UniquesQuestion {
  kind: "uniques";
  scope: QuestionScope;
  property: PropertyPath;
  interval?: Interval | undefined;
  tz: string;
}

export interface FunnelQuestion {
  kind: "funnel";
  scope: QuestionScope;
  key: PropertyPath;
  steps: FunnelStep[];
  windowSeconds: number;
}

export type Question = TopQuestion | UniquesQuestion | FunnelQuestion;

/** A question with its parts, which are carried out in order of time. */
export interface Plan {
  question: Question;
  /** Times that divide the range into one part more, RFC 3339, ascending. */
  cuts: string[];
}

export const partsOf = ({ cuts }: Plan): number => cuts.length + 1;

/** The events of one part. @param part number, from 0 */
export function scopeOf({ question: { scope }, cuts }: Plan, part: number): QuestionScope {
  const instant = (text: string | undefined) =>
    text === undefined ? undefined : { ms: Date.parse(text), text };
  return {
    ...scope,
    start: instant(cuts[part - 1]) ?? scope.start,
    end: instant(cuts[part]) ?? scope.end,
  };
}
