/** An error of a question. Where the API refuses because of the cost, it offers questions that cost less. */
import { WeirError } from "../../api/client.ts";
import { type QueryValues, useUrlState } from "../../app/location.ts";
import { RANGES } from "../../app/time-range.ts";
import { Button } from "../../components/button.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import type { Question } from "./question.ts";

interface Props {
  error: unknown;
  question: Question;
  retry(): void;
}

/** The problem as the API describes it, and what would be cheap enough. */
export function AnswerError({ error, question, retry }: Props) {
  const state = useUrlState();
  const isRefused = error instanceof WeirError && isTooBroad(error);
  const cheaper = isRefused ? cheaperQuestions(question) : [];
  return (
    <>
      <ErrorNotice error={error} {...(!isRefused && { retry })} />
      {cheaper.length > 0 && (
        <div>
          <h3>What costs less</h3>
          <ul class="cheaper">
            {cheaper.map(({ label, why, change }) => (
              <li key={label}>
                <Button onClick={() => state.set(change)}>{label}</Button>
                <span class="hint">{why}</span>
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}

const isTooBroad = ({ code, errors }: WeirError): boolean =>
  code === "query-too-broad" ||
  (code === "invalid-parameter" && errors.some(({ parameter }) => parameter === "interval"));

export interface Cheaper {
  label: string;
  why: string;
  /** Of the URL. */
  change: QueryValues;
}

/** Questions like this one that read fewer events, or have fewer buckets. */
export function cheaperQuestions(question: Question): Cheaper[] {
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
  const shorter = Object.entries(RANGES).filter(([, { ms }]) => ms < length);
  for (const [name, { label, ms }] of shorter.slice(-2).reverse())
    offers.push({
      label,
      why: `${Math.round(length / ms)} times shorter: it reads fewer events.`,
      change: { range: name, start: undefined, end: undefined },
    });
  return offers;
}
