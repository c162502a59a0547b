import { Command } from "commander";
import type { components } from "../../sdk/typescript/src/node.ts";
import { addPaging, type PageOptions, printPages } from "../api/pages.ts";
import { trueOrFalse, wholeNumber } from "../options/parsers.ts";
import { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { withSystem } from "../system.ts";

type Client = components["schemas"]["Client"];

interface Options {
  id?: string;
  name?: string;
  active?: boolean;
  rate?: number;
  burst?: number;
  origin?: string[];
}

const NEED = { scope: "admin", servers: true } as const;

/** `weir client`: manages clients and their rate limits. */
export function clientCommand(): Command {
  const command = new Command("client").description("manage clients and their rate limits");
  command
    .command("create")
    .description("create a client")
    .requiredOption("--name <name>", "for people; it need not be unique")
    .option("--id <id>", "generated if omitted")
    .option("--rate <events>", "events per second, on average", wholeNumber)
    .option("--burst <events>", "maximum events at once", wholeNumber)
    .option("--origin <origins...>", "origins of the pages that may send with its keys")
    .action(create);
  addPaging(command.command("list").description("list clients, ordered by id"), "clients").action(list);
  command
    .command("update")
    .description("change a client; omitted settings stay unchanged")
    .argument("<id>", "the client")
    .option("--name <name>", "for people")
    .option("--rate <events>", "events per second, on average", wholeNumber)
    .option("--burst <events>", "events at once", wholeNumber)
    .option(
      "--origin <origins...>",
      "origins of the pages that may send with its keys, instead of those before",
    )
    .option("--active <true|false>", "whether its keys work", trueOrFalse)
    .action(update);
  return command;
}

const columnsOf = ({ time }: Output): Column<Client>[] => [
  { head: "CLIENT", of: ({ client_id }) => client_id },
  { head: "NAME", of: ({ name }) => name },
  {
    head: "ACTIVE",
    of: ({ active }) => (active ? "yes" : "no"),
    style: ({ active }) => (active ? "green" : "red"),
  },
  { head: "RATE/S", of: (client) => client.rate_limit_per_second, right: true },
  { head: "BURST", of: ({ burst }) => burst, right: true },
  { head: "CREATED", of: ({ created_at }) => time(created_at) },
];

/** Only the given options, so that defaults or stored values apply to the rest. */
const given = ({ name, active, rate, burst, origin }: Options) => ({
  ...(name !== undefined && { name }),
  ...(active !== undefined && { active }),
  ...(rate !== undefined && { rate_limit_per_second: rate }),
  ...(burst !== undefined && { burst }),
  ...(origin !== undefined && { origins: origin }),
});

async function create(options: Options & { name: string }, command: Command): Promise<void> {
  const output = new Output(command);
  const id = options.id === undefined ? {} : { client_id: options.id };
  const body = { ...id, ...given(options), name: options.name };
  const client = await withSystem(command, NEED, (api) => api.call("createClient", { body }));
  await output.print(client, () => output.table(columnsOf(output), [client]));
}

async function update(clientId: string, options: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const call = { path: { client_id: clientId }, body: given(options) };
  const client = await withSystem(command, NEED, (api) => api.call("changeClient", call));
  await output.print(client, () => output.table(columnsOf(output), [client]));
}

async function list(options: PageOptions, command: Command): Promise<void> {
  const output = new Output(command);
  const shape = { ...options, name: "clients", columns: columnsOf(output), empty: "There are no clients." };
  await withSystem(command, NEED, (api) =>
    printPages(output, shape, async (query) => {
      const { clients, next_cursor } = await api.call("listClients", { query });
      return { rows: clients, cursor: next_cursor };
    }),
  );
}
