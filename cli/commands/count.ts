import { Command, Option } from "commander";
import type { Result } from "../../sdk/typescript/src/node.ts";
import { usageError } from "../errors.ts";
import { wholeNumber } from "../options/parsers.ts";
import { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { withSystem } from "../system.ts";
import { addCountFilter, type CountFilterOptions, filterOf } from "./filter.ts";

interface Options extends CountFilterOptions {
  by?: By;
  order: "most" | "least" | "name";
  limit?: number;
}

export type By = "client" | "event_type" | "client,event_type" | "event_type,client";

/** `--by`, in the words of the other options. */
export const byOption = (): Option =>
  new Option("--by <grouping>", "a line for each type, client, or both").choices([
    "type",
    "client",
    "client,type",
    "type,client",
  ]);

/** @param by as given to the option */
export const groupingOf = (by: string): By => by.replace("type", "event_type") as By;

type Group = Result<"groupEvents">["groups"][number];

/** `weir count`: counts events, in total or by type and client. */
export function countCommand(): Command {
  const command = new Command("count").description("count events, in total or by type and client");
  return addCountFilter(command)
    .addOption(byOption())
    .addOption(
      new Option("--order <order>", "with --by: most events first, fewest first, or by name")
        .choices(["most", "least", "name"])
        .default("most"),
    )
    .option("--limit <groups>", "with --by: most lines (default: 100)", wholeNumber)
    .action(count);
}

async function count({ by, order, limit, ...filter }: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const query = filterOf(filter, output.zone);
  const need = { scope: "read" } as const;
  if (by === undefined) {
    const result = await withSystem(command, need, (api) => api.call("countEvents", { query }));
    return output.print(result, () => [String(result.count)]);
  }
  if (filter.where !== undefined)
    throw usageError("--by counts by rollups, which have no payloads: leave out --where.");
  const groups = { ...query, by: groupingOf(by), order, ...(limit !== undefined && { limit }) };
  const result = await withSystem(command, need, (api) => api.call("groupEvents", { query: groups }));
  await output.print(result, () => output.table(columnsOf(groups.by), result.groups));
}

const columnsOf = (by: By): Column<Group>[] => [
  ...by
    .split(",")
    .map(
      (name): Column<Group> =>
        name === "client"
          ? { head: "CLIENT", of: ({ client_id }) => client_id }
          : { head: "TYPE", of: ({ event_type }) => event_type },
    ),
  { head: "EVENTS", of: ({ count: events }) => events, right: true },
];
