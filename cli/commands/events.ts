import { Command, Option } from "commander";
import type { components } from "../../sdk/typescript/src/node.ts";
import { addPaging, type PageOptions, printPages } from "../api/pages.ts";
import { CliError } from "../errors.ts";
import { countCsvRows, countLines, everyPiece, writeOut } from "../output/file.ts";
import { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { withSystem } from "../system.ts";
import { addFilter, type FilterOptions, filterOf } from "./filter.ts";
import { sendCommand } from "./send.ts";

type StoredEvent = components["schemas"]["StoredEvent"];

/** `weir events`: reads stored events. */
export function eventsCommand(): Command {
  const command = new Command("events").description("list, show and export stored events");
  addPaging(addFilter(command.command("list").description("list events, newest first")), "events").action(
    list,
  );
  command
    .command("get")
    .description("show one event with its payload")
    .argument("<event id>", "its event_id")
    .option("--client <id>", "the event's client, for an administrator's key")
    .action(get);
  addFilter(command.command("export").description("write events to a file, newest first"))
    .addOption(
      new Option("--format <format>", "format of the file").choices(["ndjson", "csv"]).default("ndjson"),
    )
    .option("--out <file>", "output file; by default, standard output")
    .action(exportAll);
  // Its former name.
  command.addCommand(sendCommand(), { hidden: true });
  return command;
}

/** Columns of a list of events. */
export const eventColumns = ({ time }: Output): Column<StoredEvent>[] => [
  { head: "TIME", of: ({ timestamp }) => time(timestamp) },
  { head: "CLIENT", of: ({ client_id }) => client_id },
  { head: "TYPE", of: ({ event_type }) => event_type, style: () => "cyan" },
  { head: "EVENT", of: ({ event_id }) => event_id },
  { head: "PAYLOAD", of: ({ payload }) => payload },
];

async function list({ limit, all, ...filter }: FilterOptions & PageOptions, command: Command): Promise<void> {
  const output = new Output(command);
  const query = filterOf(filter, output.zone);
  const shape = {
    ...(limit !== undefined && { limit }),
    ...(all !== undefined && { all }),
    name: "events",
    columns: eventColumns(output),
    empty: "No events.",
  };
  await withSystem(command, { scope: "read" }, (api) =>
    printPages(output, shape, async (page) => {
      const { events, next_cursor } = await api.call("listEvents", { query: { ...query, ...page } });
      return { rows: events, cursor: next_cursor };
    }),
  );
}

async function get(eventId: string, { client }: { client?: string }, command: Command): Promise<void> {
  const output = new Output(command);
  const { time } = output;
  const event = await withSystem(command, { scope: "read" }, async (api) => {
    // Not by path, where some ids can't be: a dot, a slash.
    const query = { event_id: eventId, ...(client !== undefined && { client }) };
    const [found] = (await api.call("listEvents", { query })).events;
    if (found) return found;
    // Finds events in quarantine too.
    if (/^(?:\.{1,2}|export)$|\//.test(eventId))
      throw new CliError(`No event has the id ${JSON.stringify(eventId)}.`);
    return api.call("getEvent", {
      path: { event_id: eventId },
      query: client === undefined ? {} : { client },
    });
  });
  const { payload, timestamp, received_at, processed_at, ...facts } = event;
  const times = {
    timestamp: time(timestamp),
    received_at: time(received_at),
    processed_at: time(processed_at),
  };
  await output.print(event, () => [
    ...output.fields(Object.entries({ ...facts, ...times })),
    "",
    ...JSON.stringify(payload, null, 2).split("\n"),
  ]);
}

interface ExportOptions extends FilterOptions {
  format: "ndjson" | "csv";
  out?: string;
}

async function exportAll({ format, out, ...filter }: ExportOptions, command: Command): Promise<void> {
  const output = new Output(command);
  const query = { format, ...filterOf(filter, output.zone) };
  await withSystem(command, { scope: "read", servers: true }, (api) => {
    const read = (cursor: string | undefined) =>
      api.piece("exportEvents", { ...query, ...(cursor !== undefined && { cursor }) });
    const rows = format === "csv" ? countCsvRows() : countLines;
    return writeOut(everyPiece("events", rows, read), out);
  });
}
