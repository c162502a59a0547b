import { Command } from "commander";
import type { Scope } from "../../lib/base/scope.ts";
import type { components } from "../../sdk/typescript/src/node.ts";
import { readSecret } from "../access/read-secret.ts";
import { addPaging, type PageOptions, printPages } from "../api/pages.ts";
import { scopes } from "../options/parsers.ts";
import { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { readTime } from "../output/time.ts";
import { withSystem } from "../system.ts";

type Key = components["schemas"]["ApiKey"];

interface Options {
  client: string;
  scope: Scope[];
  expires?: string;
  secret?: string;
}

const NEED = { scope: "admin", servers: true } as const;
const SCOPE_HELP = "ingest, read, audit or admin, or several separated by commas";

/** `weir key`: manages a client's API keys. */
export function keyCommand(): Command {
  const command = new Command("key").description("manage a client's API keys");
  const withClient = (name: string): Command =>
    command.command(name).requiredOption("--client <id>", "the client whose keys they are");
  withClient("create")
    .description("create a key; its secret is shown only once")
    .requiredOption("--scope <scopes>", SCOPE_HELP, scopes)
    .option("--expires <time>", "never, when left out")
    .action(create);
  withClient("import")
    .description(
      "import a key that another system issued, from a prompt, standard input or --secret; needs the servers",
    )
    .requiredOption("--scope <scopes>", SCOPE_HELP, scopes)
    .option("--expires <time>", "never, when left out")
    .option("--secret <key>", "the key; other users of this machine can see it while the command runs")
    .action(take);
  addPaging(
    withClient("list").description("list a client's keys, oldest first, without their secrets"),
    "keys",
  ).action(list);
  withClient("revoke")
    .description("revoke a key, effective from the next call")
    .argument("<key id>", "the key, as `list` shows it")
    .action(revoke);
  return command;
}

const summary = (key: { key_id: string; scopes: readonly string[]; expires_at: string | null }): string =>
  `Key ${key.key_id}: ${key.scopes.join(", ")}, ${key.expires_at ? `expires ${key.expires_at}` : "never expires"}.`;

const expiry = ({ expires }: Options, { zone }: Output): string | undefined =>
  expires === undefined ? undefined : readTime(expires, zone, "--expires");

async function create(options: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const expires_at = expiry(options, output);
  const body = { scopes: options.scope, ...(expires_at !== undefined && { expires_at }) };
  const call = { path: { client_id: options.client }, body };
  const key = await withSystem(command, NEED, (api) => api.call("createKey", call));
  await output.print(key, () => [summary(key), "Its secret, shown only once:", key.secret]);
}

async function take(options: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const expires = expiry(options, output);
  const secret = options.secret ?? (await readSecret("The key to import:"));
  const { importWithServers } = await import("../servers/import-key.ts");
  const key = await importWithServers(command, { ...options, expires, secret });
  await output.print(key, () => [summary(key)]);
}

async function list({ client, ...paging }: Options & PageOptions, command: Command): Promise<void> {
  const output = new Output(command);
  const { time } = output;
  const columns: Column<Key>[] = [
    { head: "KEY", of: ({ key_id }) => key_id },
    { head: "BEGINS WITH", of: ({ prefix }) => prefix },
    { head: "SCOPES", of: (key) => key.scopes },
    { head: "CREATED", of: ({ created_at }) => time(created_at) },
    { head: "EXPIRES", of: ({ expires_at }) => time(expires_at) },
    { head: "REVOKED", of: ({ revoked_at }) => time(revoked_at), style: () => "red" },
    { head: "LAST USED", of: ({ last_used_at }) => time(last_used_at) },
  ];
  const shape = { ...paging, name: "keys", columns, empty: "The client has no keys." };
  await withSystem(command, NEED, (api) =>
    printPages(output, shape, async (query) => {
      const { keys, next_cursor } = await api.call("listKeys", { path: { client_id: client }, query });
      return { rows: keys, cursor: next_cursor };
    }),
  );
}

async function revoke(keyId: string, { client }: Options, command: Command): Promise<void> {
  const output = new Output(command);
  const path = { client_id: client, key_id: keyId };
  await withSystem(command, NEED, (api) => api.call("revokeKey", { path }));
  // The API's response has no body.
  await output.print({ key_id: keyId, revoked: true }, () => [`Key ${keyId} is revoked.`]);
}
