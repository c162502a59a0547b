import { Command } from "commander";
import type { components } from "../../sdk/typescript/src/node.ts";
import { addPaging, type PageOptions, printPages } from "../api/pages.ts";
import { CliError } from "../errors.ts";
import { several, wholeNumber } from "../options/parsers.ts";
import { counted } from "../output/note.ts";
import { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { withSystem } from "../system.ts";

type QuarantinedEvent = components["schemas"]["QuarantinedEvent"];

interface Options extends PageOptions {
  client?: string;
  reason?: string;
  event?: string[];
}

const NEED = { scope: "admin", servers: true } as const;

/** `weir quarantine`: events that could not be stored. */
export function quarantineCommand(): Command {
  const command = new Command("quarantine").description("list and redrive events that could not be stored");
  const filtered = (name: string): Command =>
    command
      .command(name)
      .option("--client <id>", "only this client's")
      .option("--reason <reason>", "only those of one reason");
  addPaging(filtered("list"), "events")
    .description("list the newest events, and the counts by reason")
    .action(list);
  command
    .command("show")
    .description("show one event with its payload and the reason")
    .argument("<event>", "its event_id or event_key")
    .option("--client <id>", "the event's client")
    .action(show);
  filtered("redrive")
    .description("put events back into the queue, oldest first, each exactly once")
    .option("--event <event key>", "only this event; may be given more than once", several)
    .option("--limit <events>", "maximum events to put back", wholeNumber, 1_000)
    .action(redrive);
  return command;
}

const columnsOf = ({ time }: Output): Column<QuarantinedEvent>[] => [
  { head: "QUARANTINED", of: (event) => time(event.quarantined_at) },
  { head: "CLIENT", of: ({ client_id }) => client_id },
  { head: "EVENT", of: (event) => event.event_id ?? event.event_key },
  { head: "REASON", of: ({ reason }) => reason, style: () => "red" },
  { head: "DETAIL", of: ({ detail }) => detail },
];

async function list({ client, reason, ...paging }: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const filter = { ...(client !== undefined && { client }), ...(reason !== undefined && { reason }) };
  const shape = { ...paging, name: "events", columns: columnsOf(output), empty: "The quarantine is empty." };
  await withSystem(command, NEED, async (api) => {
    let isFirst = true;
    await printPages(output, shape, async (page) => {
      const { events, reasons, next_cursor } = await api.call("listQuarantine", {
        query: { ...filter, ...page },
      });
      if (isFirst && !output.json && reasons.length > 0) {
        const counts: Column<(typeof reasons)[number]>[] = [
          { head: "REASON", of: (row) => row.reason },
          { head: "EVENTS", of: ({ count }) => count },
        ];
        console.log(`${output.table(counts, reasons).join("\n")}\n`);
      }
      isFirst = false;
      return { rows: events, cursor: next_cursor, rest: { reasons } };
    });
  });
}

async function show(name: string, { client }: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const filter = client === undefined ? {} : { client };
  const found = await withSystem(command, NEED, async (api) => {
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const query = { ...filter, limit: 1_000, ...(cursor !== undefined && { cursor }) };
      const page = await api.call("listQuarantine", { query });
      const event = page.events.find(({ event_id, event_key }) => event_id === name || event_key === name);
      if (event) return event;
      cursor = page.next_cursor;
    }
    throw new CliError(`The quarantine has no event ${JSON.stringify(name)}.`);
  });
  await output.print(found, () => output.fields(Object.entries(found)));
}

async function redrive({ client, reason, event, limit }: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const body = {
    ...(client !== undefined && { client }),
    ...(reason !== undefined && { reason }),
    ...(event !== undefined && { event_keys: event }),
    ...(limit !== undefined && { limit }),
  };
  const result = await withSystem(command, NEED, (api) => api.call("redriveQuarantine", { body }));
  await output.print(result, () => [
    `${counted(result.redriven, "event is", "events are")} back in the queue.`,
  ]);
}
