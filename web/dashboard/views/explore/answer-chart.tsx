import { formatCount } from "../../app/format.ts";
import { useUrlState } from "../../app/location.ts";
import { setRange, toIso } from "../../app/time-range.ts";
import { Chart } from "../../components/chart.tsx";
import { type Answered, linesOf } from "./answer-table.ts";
import { MEASURES, type Question } from "./question.ts";

/** The answer over time. Dragging over a part of it asks about that part. */
export function AnswerChart({ answered, question }: { answered: Answered; question: Question }) {
  const state = useUrlState();
  const { times = [], lines = [] } = linesOf(answered) ?? {};
  if (times.length < 2) return null;
  const title = `${MEASURES[question.measure]}, by ${question.interval}`;
  return (
    <Chart
      title={title}
      summary={`${title}: ${lines.map(describeLine).join("; ")}. The table below has all values.`}
      times={times}
      series={lines.map(({ label, values }) => ({ label: label || "Events", values }))}
      zone={question.tz}
      kind={lines.length > 1 || answered.id === "getUniques" ? "line" : "area"}
      format={formatCount}
      onSelect={(start, end) =>
        setRange(state, { start: toIso(Math.floor(start) * 1_000), end: toIso(Math.ceil(end) * 1_000) })
      }
    />
  );
}

function describeLine({ label, values }: { label: string; values: readonly (number | null)[] }): string {
  const known = values.filter((value) => value !== null);
  const name = label === "" ? "" : `${label} `;
  return `${name}from ${formatCount(Math.min(...known))} to ${formatCount(Math.max(...known))}`;
}
