/** What to ask in place of a question that costs too much. */
import type { QueryValues } from "../../app/location.ts";
import type { Question } from "./question.ts";

export interface Cheaper {
  label: string;
  why: string;
  /** Of the URL. */
  change: QueryValues;
}

/** Questions like this one that read fewer events. @param ranges that end now, shortest first */
export function cheaperQuestions(
  question: Question,
  ranges: Readonly<Record<string, { label: string; ms: number }>>,
): Cheaper[] {
  const { measure, start, end, where, interval } = question;
  const length = Date.parse(end ?? "") - Date.parse(start ?? "");
  const offers: Cheaper[] = [];
  if ((measure === "series" || measure === "count") && where.length > 0)
    offers.push({
      label: "Remove the conditions",
      why: "Without conditions it is counted from rollups, which is fast for any range.",
      change: { where: undefined },
    });
  if (measure === "uniques" && interval !== undefined)
    offers.push({
      label: "One number for the range",
      why: "It does not divide the range.",
      change: { interval: undefined },
    });
  const shorter = Object.entries(ranges).filter(([, { ms }]) => ms < length);
  for (const [name, { label, ms }] of shorter.slice(-2).reverse())
    offers.push({
      label,
      why: `${Math.round(length / ms)} times shorter: it reads fewer events.`,
      change: { range: name, start: undefined, end: undefined },
    });
  return offers;
}
