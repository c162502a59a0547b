/** Commands that analyze payload properties: `weir top`, `weir uniques`. */
import { Command, Option } from "commander";
import type { Result } from "../../sdk/typescript/src/node.ts";
import { wholeNumber } from "../options/parsers.ts";
import { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { withSystem } from "../system.ts";
import { addFilter, type FilterOptions, filterOf } from "./filter.ts";

const PROPERTY_HELP = "such as payload.user.id or payload.items[0].sku";

/** `weir top`: the most frequent values of a property. */
export const topCommand = (): Command =>
  addFilter(new Command("top").description("list the most frequent values of a payload property"))
    .argument("<property>", PROPERTY_HELP)
    .option("--limit <values>", "most values to show", wholeNumber, 10)
    .action(top);

type Value = Result<"getTop">["values"][number];

async function top(
  property: string,
  { limit, ...filter }: FilterOptions & { limit: number },
  command: Command,
): Promise<void> {
  const output = new Output(command);
  const query = { property, limit, ...filterOf(filter, output.zone) };
  const result = await withSystem(command, { scope: "read" }, (api) => api.call("getTop", { query }));
  const { values, events, too_long } = result;
  const columns: Column<Value>[] = [
    { head: "EVENTS", of: ({ count }) => count, right: true },
    {
      head: "SHARE",
      of: ({ count }) => `${((100 * count) / Math.max(1, events)).toFixed(1)} %`,
      right: true,
    },
    { head: "VALUE", of: ({ value }) => (typeof value === "string" ? value : JSON.stringify(value)) },
  ];
  await output.print(result, () => [
    ...output.table(columns, values),
    ...(output.style.tsv ? [] : ["", `${events} events have the property.`]),
    ...(too_long > 0 && !output.style.tsv
      ? [`${too_long} of them have a value that is too long to show.`]
      : []),
  ]);
}

const INTERVALS = ["hour", "day", "week", "month"] as const;

interface UniquesOptions extends FilterOptions {
  interval?: (typeof INTERVALS)[number];
}

/** `weir uniques`: how many different values a property has. */
export const uniquesCommand = (): Command =>
  addFilter(new Command("uniques").description("count the distinct values of a payload property"))
    .argument("<property>", PROPERTY_HELP)
    .addOption(new Option("--interval <interval>", "also by hour, day, week or month").choices(INTERVALS))
    .action(uniques);

type Bucket = NonNullable<Result<"getUniques">["buckets"]>[number];

async function uniques(
  property: string,
  { interval, ...filter }: UniquesOptions,
  command: Command,
): Promise<void> {
  const output = new Output(command);
  const query = {
    property,
    ...filterOf(filter, output.zone),
    ...(interval !== undefined && { interval, tz: output.zone }),
  };
  const result = await withSystem(command, { scope: "read" }, (api) => api.call("getUniques", { query }));
  const { count, buckets, relative_error } = result;
  const error =
    relative_error > 0 ? `, estimated, with a standard error of ${(relative_error * 100).toFixed(2)} %` : "";
  const columns: Column<Bucket>[] = [
    { head: "BUCKET", of: ({ bucket }) => bucket },
    { head: "VALUES", of: (one) => one.count, right: true },
  ];
  await output.print(result, () =>
    output.style.tsv && buckets
      ? output.table(columns, buckets)
      : [
          `${count}${error}`,
          ...(buckets && buckets.length > 0 ? ["", ...output.table(columns, buckets)] : []),
        ],
  );
}
