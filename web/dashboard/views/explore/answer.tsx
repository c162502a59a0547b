/** The answer to a question: as a figure, a chart or bars, always with a table, its CSV and the call behind it. */
import type { OperationId, Parameters } from "../../api/client.ts";
import { useApi } from "../../api/use-api.ts";
import { formatCount, formatTime } from "../../app/format.ts";
import { Button } from "../../components/button.tsx";
import { csvText, download } from "../../components/csv.ts";
import { HttpPanel } from "../../components/http-panel.tsx";
import { Empty, Loading } from "../../components/loaded.tsx";
import { AnswerChart } from "./answer-chart.tsx";
import { AnswerError } from "./answer-error.tsx";
import { AnswerRows } from "./answer-rows.tsx";
import { type Answered, linesOf, tableOf } from "./answer-table.ts";
import { type Asked, MEASURES, type Question } from "./question.ts";

interface Props {
  asked: Asked;
  question: Question;
  /** Moves a range that ends now to the present. */
  refresh(): void;
}

/** Asks, and shows what comes. */
export function AnswerSection({ asked, question, refresh }: Props) {
  const answer = useApi(asked.id as OperationId, asked.parameters as Parameters<OperationId>);
  const { data, error, isLoading } = answer;
  const answered = data === undefined ? undefined : ({ id: asked.id, result: data } as Answered);
  return (
    <section class="card stack" aria-label="Answer" aria-busy={isLoading}>
      {error !== undefined && !isLoading ? (
        <AnswerError error={error} question={question} retry={answer.reload} />
      ) : answered === undefined ? (
        <Loading label="Counting" />
      ) : (
        <div class={isLoading ? "loaded stale stack" : "loaded stack"}>
          <AnswerBody answered={answered} question={question} refresh={refresh} />
        </div>
      )}
      <HttpPanel id={asked.id as OperationId} parameters={asked.parameters as Parameters<OperationId>} />
    </section>
  );
}

function AnswerBody({
  answered,
  question,
  refresh,
}: {
  answered: Answered;
  question: Question;
  refresh(): void;
}) {
  const table = tableOf(answered, question);
  const save = (): void => {
    const names = table.columns.map(({ name }) => name);
    download(`weir-${question.measure}-${question.start?.slice(0, 10)}.csv`, csvText(names, table.rows));
  };
  return (
    <>
      <header class="answer-header">
        <div>
          <h2>{MEASURES[question.measure]}</h2>
          <Figure answered={answered} />
        </div>
        <div class="actions">
          <Button onClick={refresh}>Ask again</Button>
          <Button onClick={save} disabled={table.rows.length === 0}>
            Save as CSV
          </Button>
        </div>
      </header>
      {linesOf(answered) !== undefined && <AnswerChart answered={answered} question={question} />}
      {table.rows.length === 0 ? (
        <Empty title="No such events in this range">
          <p>Choose a longer range, or remove a filter.</p>
        </Empty>
      ) : (
        <AnswerRows answered={answered} table={table} question={question} />
      )}
      <p class="hint">{describeSource(answered, question.tz)}</p>
    </>
  );
}

/** The number that the answer comes down to. */
function Figure({ answered }: { answered: Answered }) {
  const [number, words] = figureOf(answered);
  if (number === undefined) return null;
  return (
    <p class="figure">
      <strong>{formatCount(number)}</strong> {words}
    </p>
  );
}

function figureOf(answered: Answered): [number | undefined, string] {
  switch (answered.id) {
    case "countEvents":
      return [answered.result.count, "events"];
    case "getSeries":
      return [sum(answered.result.series), "events shown"];
    case "groupEvents":
      return [sum(answered.result.groups), "events shown"];
    case "getTop":
      return [answered.result.events, "events have the property"];
    case "getUniques":
      return [
        answered.result.count,
        answered.result.relative_error > 0
          ? `different values, estimated: two estimates in three are within ${(answered.result.relative_error * 100).toFixed(2)} %`
          : "different values, exactly",
      ];
    case "getFunnel":
      return [undefined, ""];
  }
}

const sum = (rows: readonly { count: number }[]): number =>
  rows.reduce((total, { count }) => total + count, 0);

const SOURCES = { rollup: "rollups", raw: "the events themselves", mixed: "rollups and events" } as const;

function describeSource({ result }: Answered, tz: string): string {
  const from = `Counted from ${SOURCES[result.source]}.`;
  return result.as_of === null
    ? `${from} How fresh it is is unknown: the queue is unavailable.`
    : `${from} Includes every event received before ${formatTime(result.as_of, tz)}.`;
}
