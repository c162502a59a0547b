/** Answers as tables: what the page shows and what the CSV holds are the same rows. */
import type { Result } from "../../api/client.ts";
import type { Cell } from "../../components/csv.ts";
import { valueText } from "./conditions.ts";
import type { Asked, Question } from "./question.ts";

/** An answer with the operation that gave it. */
export type Answered = { [Id in Asked["id"]]: { id: Id; result: Result<Id> } }[Asked["id"]];

export interface Column {
  name: string;
  title: string;
  isNumber: boolean;
}

export interface AnswerTable {
  columns: readonly Column[];
  rows: readonly (readonly Cell[])[];
}

const text = (name: string, title: string): Column => ({ name, title, isNumber: false });
const number = (name: string, title: string): Column => ({ name, title, isNumber: true });
const COUNT = number("count", "Events");

const TITLES = { client_id: "Client", event_type: "Event type" } as const;

/**
 * Columns and rows of an answer. The columns have the names of the API's members.
 * @param steps of the question, whose conditions the answer does not repeat
 */
export function tableOf(answer: Answered, { steps }: Pick<Question, "steps">): AnswerTable {
  switch (answer.id) {
    case "countEvents":
      return { columns: [COUNT], rows: [[answer.result.count]] };
    case "groupEvents":
      return grouped(answer.result.groups, []);
    case "getSeries":
      return grouped(answer.result.series, [text("bucket", "Start")]);
    case "getTop":
      return {
        columns: [text("value", "Value"), COUNT],
        rows: answer.result.values.map(({ value, count }) => [valueText(value), count]),
      };
    case "getUniques":
      return uniques(answer.result);
    case "getFunnel":
      return {
        columns: [
          number("step", "Step"),
          text("event_type", "Event type"),
          text("where", "Conditions"),
          number("count", "Reached"),
          number("conversion", "Of the first step"),
          number("step_conversion", "Of the previous step"),
        ],
        rows: answer.result.steps.map((step, index) => [
          index + 1,
          step.event_type,
          steps.filter(({ event_type }) => event_type !== "")[index]?.where.join(" and "),
          step.count,
          step.conversion,
          step.step_conversion,
        ]),
      };
  }
}

type Counted = { bucket?: string; client_id?: string; event_type?: string; count: number };

function grouped(rows: readonly Counted[], first: readonly Column[]): AnswerTable {
  const names = (["client_id", "event_type"] as const).filter((name) => rows.some((row) => name in row));
  return {
    columns: [...first, ...names.map((name) => text(name, TITLES[name])), COUNT],
    rows: rows.map((row) => [
      ...(first.length > 0 ? [row.bucket] : []),
      ...names.map((name) => row[name]),
      row.count,
    ]),
  };
}

function uniques({ count, buckets }: Result<"getUniques">): AnswerTable {
  const different = number("count", "Different values");
  return buckets === undefined
    ? { columns: [different], rows: [[count]] }
    : {
        columns: [text("bucket", "Start"), different],
        rows: buckets.map((one) => [one.bucket, one.count]),
      };
}

export interface Line {
  label: string;
  /** One for each time; null where there is none. */
  values: (number | null)[];
}

/** The lines of a chart over time in seconds, each for one group; undefined if the answer has no buckets. */
export function linesOf(answer: Answered): { times: number[]; lines: Line[] } | undefined {
  const rows: readonly Counted[] | undefined =
    answer.id === "getSeries"
      ? answer.result.series
      : answer.id === "getUniques"
        ? answer.result.buckets
        : undefined;
  if (rows === undefined) return undefined;
  const buckets = [...new Set(rows.map(({ bucket = "" }) => bucket))];
  const groups = Map.groupBy(rows, ({ client_id, event_type }) => event_type ?? client_id ?? "");
  const lines = [...groups].map(([label, of]) => {
    const counts = new Map(of.map(({ bucket = "", count }) => [bucket, Number(count)]));
    return { label, values: buckets.map((bucket) => counts.get(bucket) ?? null) };
  });
  return { times: buckets.map((bucket) => Date.parse(bucket) / 1_000), lines };
}
