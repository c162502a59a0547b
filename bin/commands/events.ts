import { Command, Option } from "commander";
import type { Instant } from "../../lib/base/time.ts";
import { exportPiece } from "../../lib/events/export.ts";
import type { ExportFormat } from "../../lib/http/download.ts";
import { exportFormats, MAX_EXPORTED } from "../../lib/http/download.ts";
import type { Condition } from "../../lib/query/where.ts";
import { withAudit } from "./connect.ts";
import { addSendCommand } from "./events-send.ts";
import { condition, instant } from "./options.ts";
import { everyPiece, writeOut } from "./output.ts";

interface Options {
  format: ExportFormat;
  client?: string;
  type?: string;
  start?: Instant;
  end?: Instant;
  where: Condition[];
  out?: string;
}

/** `weir events`: exports stored events, and sends new ones. */
export function eventsCommand(): Command {
  const command = new Command("events").description("export stored events, send new ones");
  command
    .command("export")
    .description("write events to a file, newest first")
    .addOption(new Option("--format <format>", "format of the file").choices(exportFormats).default("ndjson"))
    .option("--client <id>", "only this client's events")
    .option("--type <event type>", "only events of this type")
    .option("--start <time>", "events at or after this time", instant)
    .option("--end <time>", "events before this time", instant)
    .option(
      "--where <condition>",
      "such as payload.magnitude>=4.5; may be given more than once",
      condition,
      [],
    )
    .option("--out <file>", "output file; by default, standard output")
    .action(exportAll);
  addSendCommand(command);
  return command;
}

async function exportAll(options: Options, command: Command): Promise<void> {
  const { client, type: eventType, start, end, where, format, out } = options;
  const filter = { clientId: client ?? null, eventType, start, end, where };
  await withAudit(command, (deps) => {
    const read = (cursor?: string) => exportPiece(deps, filter, { format, limit: MAX_EXPORTED, cursor });
    return writeOut(everyPiece("events", read), out);
  });
}
