import { Command } from "commander";
import type { Deps } from "../../lib/app/connect.ts";
import { type Client, changeClient, createClient, listClients } from "../../lib/clients/clients.ts";
import { changedClientSchema } from "../../lib/clients/contract.ts";
import { checkBody } from "../../lib/http/validate.ts";
import { print, table, withAudit } from "./connect.ts";
import { trueOrFalse, wholeNumber } from "./options.ts";

interface Options {
  id?: string;
  name?: string;
  active?: boolean;
  rate?: number;
  burst?: number;
  origin?: string[];
}

/** `weir client`: manages clients and their rate limits. */
export function clientCommand(): Command {
  const command = new Command("client").description("manage clients and their rate limits");
  command
    .command("create")
    .description("create a client")
    .requiredOption("--name <name>")
    .option("--id <id>", "generated if omitted")
    .option("--rate <events>", "events per second, on average", wholeNumber)
    .option("--burst <events>", "maximum events at once", wholeNumber)
    .option("--origin <origins...>", "origins of the pages that may send with its keys")
    .action(create);
  command.command("list").description("list all clients, ordered by id").action(list);
  command
    .command("update")
    .description("change a client; omitted settings stay unchanged")
    .argument("<id>")
    .option("--name <name>")
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

const rows = (clients: readonly Client[]): string[] =>
  table(
    ["CLIENT", "NAME", "ACTIVE", "RATE/S", "BURST", "ORIGINS", "CREATED"],
    clients.map((client) => [
      client.client_id,
      client.name,
      client.active ? "yes" : "no",
      client.rate_limit_per_second,
      client.burst,
      client.origins.join(" "),
      client.created_at,
    ]),
  );

/** Only the given options, so that defaults or stored values apply to the rest. */
const given = ({ name, active, rate, burst, origin }: Options) => ({
  ...(name !== undefined && { name }),
  ...(active !== undefined && { active }),
  ...(rate !== undefined && { rate_limit_per_second: rate }),
  ...(burst !== undefined && { burst }),
  ...(origin !== undefined && { origins: origin }),
});

async function create(options: Options & { name: string }, command: Command): Promise<void> {
  const id = options.id === undefined ? {} : { client_id: options.id };
  const client = await withAudit(command, (deps, changed) =>
    createClient(deps, { ...id, ...given(options), name: options.name }, changed),
  );
  print(command, client, rows([client]));
}

async function update(clientId: string, options: Options, command: Command): Promise<void> {
  const changes = checkBody(changedClientSchema, given(options));
  const client = await withAudit(command, (deps, changed) => changeClient(deps, clientId, changes, changed));
  print(command, client, rows([client]));
}

async function list(_: Options, command: Command): Promise<void> {
  const clients = await withAudit(command, (deps) => Array.fromAsync(everyClient(deps)));
  print(command, clients, rows(clients));
}

async function* everyClient(deps: Deps): AsyncGenerator<Client> {
  let cursor: string | undefined;
  do {
    const page = await listClients(deps, { limit: 1_000, cursor });
    yield* page.clients;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
}
