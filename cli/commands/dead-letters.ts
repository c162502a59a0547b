import { Command } from "commander";
import { CliError, usageError } from "../errors.ts";
import { wholeNumber } from "../options/parsers.ts";
import { counted } from "../output/note.ts";
import { Output } from "../output/output.ts";
import type { Column } from "../output/table.ts";
import type { ShownLetter } from "../servers/dead-letters.ts";

/** Clients of PostgreSQL, Redis and SQS are loaded only by the commands that need them. */
const servers = () => import("../servers/dead-letters.ts");

/** `weir dead-letters`: messages that no worker could process. */
export function deadLettersCommand(): Command {
  const command = new Command("dead-letters").description(
    "messages that no worker could process; needs DATABASE_URL and REDIS_URL, or `npm start`",
  );
  command
    .command("list")
    .description("list the oldest messages")
    .option("--limit <messages>", "most messages to show", wholeNumber, 50)
    .action(list);
  command
    .command("show")
    .description("show one message as it is")
    .argument("<id>", "its id, as `list` shows it")
    .action(show);
  command
    .command("redrive")
    .description("put dead letters back into the queue; events that are already stored still count once")
    .argument("[id...]", "only these; by default, the oldest")
    .option("--limit <messages>", "maximum messages to put back", wholeNumber, 1_000)
    .action(redrive);
  command
    .command("delete")
    .description(
      "delete messages for good: their events are never stored, and stay pending in their receipts",
    )
    .argument("<id...>", "their ids, as `list` shows them")
    .option("--yes", "without asking")
    .action(remove);
  return command;
}

async function list({ limit }: { limit: number }, command: Command): Promise<void> {
  const output = new Output(command);
  const { listLetters } = await servers();
  const letters = await listLetters(command, limit);
  const columns: Column<ShownLetter>[] = [
    { head: "ID", of: ({ id }) => id },
    { head: "SENT", of: ({ sent_at }) => output.time(sent_at) },
    { head: "CLIENT", of: ({ client_id }) => client_id },
    { head: "EVENTS", of: ({ events }) => events, right: true },
    { head: "BYTES", of: ({ bytes }) => bytes, right: true },
    { head: "REQUEST", of: ({ request_id }) => request_id ?? "unreadable" },
  ];
  // Bodies may have 1 MiB each: `show` prints one.
  const result = { dead_letters: letters.map(({ body: _, ...facts }) => facts) };
  await output.print(result, () =>
    letters.length === 0 ? ["There are no dead letters."] : output.table(columns, letters),
  );
}

/** Most messages among which `show` searches. */
const MOST_SEARCHED = 10_000;

async function show(id: string, _: object, command: Command): Promise<void> {
  const output = new Output(command);
  const { listLetters } = await servers();
  const letter = (await listLetters(command, MOST_SEARCHED)).find((one) => one.id === id);
  if (!letter) throw new CliError(`There is no dead letter ${JSON.stringify(id)}.`);
  const { body, ...facts } = letter;
  await output.print(letter, () => [
    ...output.fields(Object.entries({ ...facts, sent_at: output.time(facts.sent_at) })),
    "",
    ...body.split("\n").map((line) => line.replaceAll(/[^\P{Cc}\t]/gu, " ")),
  ]);
}

async function redrive(ids: string[], { limit }: { limit: number }, command: Command): Promise<void> {
  const output = new Output(command);
  const { redriveLetters } = await servers();
  const redriven = await redriveLetters(command, limit, ids.length > 0 ? ids : undefined);
  await output.print({ redriven }, () => [
    `${counted(redriven, "message is", "messages are")} back in the queue.`,
  ]);
  if (ids.length > 0 && redriven < Math.min(limit, ids.length))
    throw new CliError(`${ids.length - redriven} of the ids are no dead letters.`);
}

async function remove(ids: string[], { yes = false }: { yes?: boolean }, command: Command): Promise<void> {
  const output = new Output(command);
  if (!yes) await confirmDeletion(ids.length);
  const { deleteLetters } = await servers();
  const deleted = await deleteLetters(command, ids);
  await output.print({ deleted }, () => [`${counted(deleted, "message is", "messages are")} deleted.`]);
  if (deleted < ids.length) throw new CliError(`${ids.length - deleted} of the ids are no dead letters.`);
}

/** @throws {CliError} if the answer is no, or there is nobody to ask */
async function confirmDeletion(count: number): Promise<void> {
  if (!process.stdin.isTTY) throw usageError("Deleting can't be undone. Confirm with --yes.");
  const { default: confirm } = await import("@inquirer/confirm");
  const message = `Delete ${counted(count, "message", "messages")} for good? The events are lost.`;
  if (!(await confirm({ message, default: false }, { output: process.stderr })))
    throw new CliError("Nothing was deleted.");
}
