import { Command } from "commander";
import { isAcceptable } from "../../lib/ingest/event.ts";
import { listQuarantine, redrive } from "../../lib/quarantine/quarantine.ts";
import { print, table, withAudit } from "./connect.ts";
import { wholeNumber } from "./options.ts";

interface Options {
  client?: string;
  reason?: string;
  limit: number;
}

/** `weir quarantine`: events that could not be stored. */
export function quarantineCommand(): Command {
  const command = new Command("quarantine").description("list and redrive events that could not be stored");
  command
    .command("list")
    .description("list the newest events, and the counts by reason")
    .option("--client <id>", "only this client's")
    .option("--reason <reason>", "only those of one reason")
    .option("--limit <events>", "maximum events to show", wholeNumber, 20)
    .action(list);
  command
    .command("redrive")
    .description("put events back into the queue, oldest first, each exactly once")
    .option("--client <id>", "only this client's")
    .option("--reason <reason>", "only those of one reason")
    .option("--limit <events>", "maximum events to put back", wholeNumber, 1_000)
    .action(putBack);
  return command;
}

async function list(options: Options, command: Command): Promise<void> {
  const page = await withAudit(command, (deps) => listQuarantine(deps, options));
  const reasons = page.reasons.map(({ reason, count }) => [reason, count]);
  const events = page.events.map((event) => [
    event.quarantined_at,
    event.client_id,
    event.event_id ?? event.event_key,
    event.reason,
    event.detail,
  ]);
  const lines =
    reasons.length === 0
      ? ["The quarantine is empty."]
      : [
          ...table(["REASON", "EVENTS"], reasons),
          "",
          ...table(["QUARANTINED", "CLIENT", "EVENT", "REASON", "DETAIL"], events),
        ];
  print(command, page, lines);
}

async function putBack(options: Options, command: Command): Promise<void> {
  const result = await withAudit(command, (deps, changed) =>
    redrive(deps, options, changed, (event) => isAcceptable(event, deps.config.retentionDays)),
  );
  print(command, result, [`${result.redriven} events are back in the queue.`]);
}
