/** An error of a question. Where the API refuses because of the cost, it offers questions that cost less. */
import { WeirError } from "../../api/client.ts";
import { useUrlState } from "../../app/location.ts";
import { RANGES } from "../../app/time-range.ts";
import { Button } from "../../components/button.tsx";
import { ErrorNotice } from "../../components/notice.tsx";
import { cheaperQuestions } from "./cheaper.ts";
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
  const cheaper = isRefused ? cheaperQuestions(question, RANGES) : [];
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
