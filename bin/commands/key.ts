import { text } from "node:stream/consumers";
import { Command } from "commander";
import type { Scope } from "../../lib/base/scope.ts";
import { createKey, importKey, listKeys, type NewKey, revokeKey } from "../../lib/clients/keys.ts";
import { Problem } from "../../lib/http/problem.ts";
import { print, table, withAudit } from "./connect.ts";
import { pointInTime, scopes } from "./options.ts";

interface Options {
  client: string;
  scope: Scope[];
  expires?: Date;
  secret?: string;
}

const SCOPE_HELP = "ingest, read, audit or admin, or several separated by commas";

/** `weir key`: manages a client's API keys. */
export function keyCommand(): Command {
  const command = new Command("key").description("manage a client's API keys");
  command
    .command("create")
    .description("create a key; its secret is shown only once")
    .requiredOption("--client <id>")
    .requiredOption("--scope <scopes>", SCOPE_HELP, scopes)
    .option("--expires <time>", "never, when left out", pointInTime)
    .action(create);
  command
    .command("import")
    .description("import a key that another system issued, from standard input or --secret")
    .requiredOption("--client <id>")
    .requiredOption("--scope <scopes>", SCOPE_HELP, scopes)
    .option("--expires <time>", "never, when left out", pointInTime)
    .option("--secret <key>", "the key; other users of this machine can see it while the command runs")
    .action(take);
  command
    .command("list")
    .description("list a client's keys, without their secrets")
    .requiredOption("--client <id>")
    .action(list);
  command
    .command("revoke")
    .description("revoke a key, effective from the next call")
    .argument("<key id>")
    .requiredOption("--client <id>")
    .action(revoke);
  return command;
}

const summary = (key: NewKey): string =>
  `Key ${key.key_id}: ${key.scopes.join(", ")}, ${key.expires_at ? `expires ${key.expires_at}` : "never expires"}.`;

async function create({ client, scope, expires }: Options, command: Command): Promise<void> {
  const options = { scopes: scope, expires_at: expires };
  const key = await withAudit(command, (deps, changed) => createKey(deps, client, options, changed));
  print(command, key, [summary(key), "Its secret, shown only once:", key.secret]);
}

async function take({ client, scope, expires, secret }: Options, command: Command): Promise<void> {
  const given = secret ?? (await fromStandardInput());
  const options = { scopes: scope, expires_at: expires };
  const { secret: _, ...key } = await withAudit(command, (deps, changed) =>
    importKey(deps, client, given, options, changed),
  );
  print(command, key, [summary({ ...key, secret: given })]);
}

async function fromStandardInput(): Promise<string> {
  if (process.stdin.isTTY)
    throw new Problem(
      "invalid-body",
      "Provide the key on standard input (weir key import … < file) or with --secret.",
    );
  return (await text(process.stdin)).replace(/\r?\n$/, "");
}

async function list({ client }: Options, command: Command): Promise<void> {
  const keys = await withAudit(command, (deps) => listKeys(deps, client));
  const head = ["KEY", "BEGINS WITH", "SCOPES", "CREATED", "EXPIRES", "REVOKED", "LAST USED"];
  const rows = keys.map((key) => [
    key.key_id,
    key.prefix,
    key.scopes.join(","),
    key.created_at,
    key.expires_at,
    key.revoked_at,
    key.last_used_at,
  ]);
  print(command, keys, table(head, rows));
}

async function revoke(keyId: string, { client }: Options, command: Command): Promise<void> {
  await withAudit(command, (deps, changed) => revokeKey(deps, client, keyId, changed));
  print(command, { key_id: keyId, revoked: true }, [`Key ${keyId} is revoked.`]);
}
