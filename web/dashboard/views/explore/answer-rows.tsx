/** The rows of an answer, with bars where parts of a whole are compared. */
import { formatCount } from "../../app/format.ts";
import { useUrlState } from "../../app/location.ts";
import type { Cell } from "../../components/csv.ts";
import { type Column, DataTable } from "../../components/data-table.tsx";
import type { Answered, AnswerTable } from "./answer-table.ts";
import { MAX_CONDITIONS, valueText } from "./conditions.ts";
import type { Question } from "./question.ts";

interface Props {
  answered: Answered;
  table: AnswerTable;
  question: Question;
}

interface Row {
  cells: readonly Cell[];
  index: number;
}

/** The table of an answer. The one of a series is long and below a chart, so it is closed at first. */
export function AnswerRows({ answered, table, question }: Props) {
  if (
    answered.id === "countEvents" ||
    (answered.id === "getUniques" && answered.result.buckets === undefined)
  )
    return null;
  const isTime = table.columns[0]?.name === "bucket";
  const rows = <Rows answered={answered} table={table} question={question} />;
  if (!isTime) return rows;
  return (
    <details class="answer-table">
      <summary>Table ({formatCount(table.rows.length)} rows)</summary>
      {rows}
    </details>
  );
}

function Rows({ answered, table, question }: Props) {
  const place = table.columns.findIndex(({ name }) => name === "count");
  const most = Math.max(1, ...table.rows.map((row) => Number(row[place])));
  const whole = answered.id === "getTop" ? answered.result.events : most;
  const columns = table.columns.map(
    ({ name, title, isNumber }, at): Column<Row> => ({
      key: name,
      title,
      isNumber,
      isHeader: at === (answered.id === "getFunnel" ? 1 : 0),
      cell: ({ cells, index }) =>
        name === "value" && answered.id === "getTop" ? (
          <Value value={answered.result.values[index]?.value} text={String(cells[at])} question={question} />
        ) : (
          formatCell(name, cells[at])
        ),
    }),
  );
  const bars: Column<Row> = {
    key: "bar",
    title: answered.id === "getTop" ? "Of all with the property" : "",
    isMinor: true,
    cell: ({ cells }) => <Bar share={Number(cells[place]) / whole} />,
  };
  return (
    <DataTable
      caption="Answer as a table"
      columns={table.columns[0]?.name === "bucket" ? columns : [...columns, bars]}
      rows={table.rows.map((cells, index) => ({ cells, index }))}
      rowKey={({ index }) => String(index)}
    />
  );
}

const percent = new Intl.NumberFormat("en-US", { style: "percent", maximumFractionDigits: 1 });

function formatCell(name: string, cell: Cell): string {
  if (name === "conversion" || name === "step_conversion")
    return cell === null ? "–" : percent.format(Number(cell));
  if (typeof cell === "number") return formatCount(cell);
  return name === "bucket" ? formatBucket(String(cell)) : String(cell ?? "");
}

/** The local time as the API writes it, without seconds, which are always 0, and with the offset. */
const formatBucket = (bucket: string): string => bucket.replace("T", " ").replace(/(\d\d:\d\d):00/, "$1 ");

const Bar = ({ share }: { share: number }) => (
  <span class="bar" aria-hidden="true">
    <span style={{ width: `${Math.min(100, Math.max(0, share * 100))}%` }} />
  </span>
);

/** A value; unless it is an object or an array, it can become a condition. */
function Value({ value, text, question }: { value: unknown; text: string; question: Question }) {
  const state = useUrlState();
  const { property, where } = question;
  const condition = `${property}=${valueText(value)}`;
  const isScalar = typeof value !== "object" || value === null || "text" in value;
  if (!isScalar || where.includes(condition) || where.length >= MAX_CONDITIONS) return <code>{text}</code>;
  return (
    <button
      type="button"
      class="link-button"
      title="Only events with this value"
      onClick={() => state.set({ where: [...where, condition] })}
    >
      <code>{text}</code>
    </button>
  );
}
