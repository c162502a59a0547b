import { Command, Option } from "commander";
import type { Result } from "../../sdk/typescript/src/node.ts";
import { wholeNumber } from "../options/parsers.ts";
import { Output } from "../output/output.ts";
import { plot } from "../output/plot.ts";
import type { Column } from "../output/table.ts";
import { withSystem } from "../system.ts";
import { type By, byOption, groupingOf } from "./count.ts";
import { addCountFilter, type CountFilterOptions, filterOf } from "./filter.ts";

const INTERVALS = ["minute", "hour", "day", "week", "month"] as const;
type Interval = (typeof INTERVALS)[number];

interface Options extends CountFilterOptions {
  interval: Interval;
  by?: By;
  limit?: number;
  table?: boolean;
  height: number;
}

type Series = Result<"getSeries">;
type Bucket = Series["series"][number];

/** Width of a plot that goes to a file. */
const DEFAULT_WIDTH = 80;

/** `weir series`: counts over time, as a plot or a table. */
export function seriesCommand(): Command {
  const command = new Command("series").description("plot counts by minute, hour, day, week or month");
  return addCountFilter(command)
    .addOption(new Option("--interval <interval>", "width of a bucket").choices(INTERVALS).default("hour"))
    .addOption(byOption())
    .option("--limit <groups>", "with --by: most groups (default: 10)", wholeNumber)
    .option("--table", "a table instead of a plot")
    .option("--height <lines>", "height of the plot", wholeNumber, 12)
    .action(series);
}

async function series(options: Options, command: Command): Promise<void> {
  const { interval, by, limit, table = false, height, ...filter } = options;
  const output = new Output(command);
  const query = {
    ...filterOf(filter, output.zone),
    interval,
    tz: output.zone,
    ...(by !== undefined && { by: groupingOf(by) }),
    ...(limit !== undefined && { limit }),
  };
  const result = await withSystem(command, { scope: "read" }, (api) => api.call("getSeries", { query }));
  const asTable = table || output.style.tsv;
  await output.print(result, () =>
    asTable ? output.table(columnsOf(result.series), result.series) : plots(result, height, output),
  );
}

function columnsOf(buckets: readonly Bucket[]): Column<Bucket>[] {
  const [first] = buckets;
  return [
    { head: "BUCKET", of: ({ bucket }) => bucket },
    ...(first?.client_id === undefined ? [] : [{ head: "CLIENT", of: (one: Bucket) => one.client_id }]),
    ...(first?.event_type === undefined ? [] : [{ head: "TYPE", of: (one: Bucket) => one.event_type }]),
    { head: "EVENTS", of: ({ count }) => count, right: true },
  ];
}

/** One plot, or one for each group. */
function plots({ series: buckets, interval, tz }: Series, height: number, output: Output): string[] {
  const groups = Map.groupBy(buckets, ({ client_id, event_type }) =>
    [client_id, event_type].filter((name) => name !== undefined).join(" "),
  );
  const size = { width: output.style.width ?? DEFAULT_WIDTH, height, paint: output.paint };
  return [...groups].flatMap(([name, group]) => {
    const points = group.map(({ bucket, count }) => ({ label: labelOf(bucket, interval), count }));
    const sum = points.reduce((all, { count }) => all + count, 0);
    const title = `${name === "" ? "" : `${name}: `}${sum.toLocaleString("en")} events by ${interval}, ${tz}`;
    return [output.paint("bold", title), ...plot(points, size), ""];
  });
}

/** The part of a bucket's name that tells it from its neighbours. */
const labelOf = (bucket: string, interval: Interval): string =>
  interval === "minute" || interval === "hour"
    ? bucket.slice(11, 16)
    : bucket.slice(interval === "month" ? 0 : 5, interval === "month" ? 7 : 10);
