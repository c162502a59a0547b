import { Command, Option } from "commander";
import type { components } from "../../sdk/typescript/src/node.ts";
import { readSecret } from "../access/read-secret.ts";
import { addPaging, type PageOptions, printPages } from "../api/pages.ts";
import { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import { withSystem } from "../system.ts";

type Webhook = components["schemas"]["Webhook"];

interface ClientOption {
  client: string;
}
interface SecretOption extends ClientOption {
  givenSecret?: boolean;
}
interface CreateOptions extends SecretOption {
  kind: Webhook["kind"];
}

const NEED = { scope: "admin", servers: true } as const;
const SECRET = ["Its secret, shown only once:"] as const;

/** `weir webhook`: manages a client's sources of webhooks. */
export function webhookCommand(): Command {
  const command = new Command("webhook").description("manage a client's sources of webhooks");
  const withClient = (parent: Command, name: string): Command =>
    parent.command(name).requiredOption("--client <id>", "the client whose sources they are");
  const withSource = (parent: Command, name: string): Command =>
    withClient(parent, name).argument("<source>", "the name in the URL");
  const given = "--given-secret";
  const prompt = "the sender's own secret, from a prompt or standard input";
  withSource(command, "create")
    .description("create a source; its secret is shown only once")
    .addOption(
      new Option("--kind <kind>", "how the sender signs")
        .choices(["github", "stripe", "standard"])
        .makeOptionMandatory(),
    )
    .option(given, `${prompt}; always so with Stripe`)
    .action(create);
  addPaging(withClient(command, "list"), "sources")
    .description("list a client's sources, without their secrets")
    .action(list);
  withSource(command, "delete").description("delete a source; stored events stay").action(remove);
  withSource(command, "add-secret")
    .description("add a second secret, to replace the first")
    .option(given, prompt)
    .action(addSecret);
  withSource(command, "remove-secret")
    .description("remove a secret, effective from the next delivery")
    .argument("<secret id>", "the secret, as `list` shows it")
    .action(removeSecret);
  return command;
}

const readGiven = async (isGiven: boolean | undefined): Promise<{ secret?: string }> =>
  isGiven ? { secret: await readSecret("The sender's secret:") } : {};

async function create(source: string, options: CreateOptions, command: Command): Promise<void> {
  const output = new Output(command);
  const { client, kind } = options;
  const given = await readGiven(options.givenSecret || kind === "stripe");
  const call = { path: { client_id: client }, body: { source, kind, ...given } };
  const webhook = await withSystem(command, NEED, (api) => api.call("createWebhook", call));
  await output.print(webhook, () => [
    `The sender delivers to ${webhook.path}.`,
    // A secret that was given is known already.
    ...(given.secret === undefined ? [...SECRET, webhook.secret] : []),
  ]);
}

async function list({ client, ...paging }: ClientOption & PageOptions, command: Command): Promise<void> {
  const output = new Output(command);
  const columns: Column<Webhook>[] = [
    { head: "SOURCE", of: (webhook) => webhook.source },
    { head: "KIND", of: ({ kind }) => kind },
    { head: "SECRETS", of: ({ secrets }) => secrets.map(({ secret_id }) => secret_id) },
    { head: "CREATED", of: ({ created_at }) => output.time(created_at) },
  ];
  const empty = "The client has no sources of webhooks.";
  const path = { client_id: client };
  await withSystem(command, NEED, (api) =>
    printPages(output, { ...paging, name: "webhooks", columns, empty }, async (query) => {
      const { webhooks, next_cursor } = await api.call("listWebhooks", { path, query });
      return { rows: webhooks, cursor: next_cursor };
    }),
  );
}

async function remove(source: string, { client }: ClientOption, command: Command): Promise<void> {
  const output = new Output(command);
  const path = { client_id: client, source };
  await withSystem(command, NEED, (api) => api.call("deleteWebhook", { path }));
  await output.print({ source, deleted: true }, () => [`Source ${source} is deleted.`]);
}

async function addSecret(source: string, options: SecretOption, command: Command): Promise<void> {
  const output = new Output(command);
  const path = { client_id: options.client, source };
  const body = await readGiven(options.givenSecret);
  const added = await withSystem(command, NEED, (api) => api.call("addWebhookSecret", { path, body }));
  await output.print(added, () => [
    `Secret ${added.secret_id} is added; the other one stays valid until it is removed.`,
    ...(body.secret === undefined ? [...SECRET, added.secret] : []),
  ]);
}

async function removeSecret(
  source: string,
  secretId: string,
  { client }: ClientOption,
  command: Command,
): Promise<void> {
  const output = new Output(command);
  const path = { client_id: client, source, secret_id: secretId };
  await withSystem(command, NEED, (api) => api.call("removeWebhookSecret", { path }));
  await output.print({ secret_id: secretId, removed: true }, () => [`Secret ${secretId} is removed.`]);
}
