import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Command, Option } from "commander";
import { exportFormats, MAX_EXPORTED } from "../../lib/contract/export.ts";
import type { Deps } from "../../lib/deps.ts";
import { exportPiece } from "../../lib/export-events.ts";
import type { ExportFormat } from "../../lib/export-piece.ts";
import type { Instant } from "../../lib/time.ts";
import type { Condition } from "../../lib/where.ts";
import { withDeps } from "./connect.ts";
import { condition, instant } from "./options.ts";

interface Options {
  format: ExportFormat;
  client?: string;
  type?: string;
  start?: Instant;
  end?: Instant;
  where: Condition[];
  out?: string;
}

/** `weir events`: what was stored. */
export function eventsCommand(): Command {
  const command = new Command("events").description("what was stored");
  command
    .command("export")
    .description("write events to a file, newest first")
    .addOption(new Option("--format <format>", "of the file").choices(exportFormats).default("ndjson"))
    .option("--client <id>", "only this client's")
    .option("--type <event type>", "only events of this type")
    .option("--start <time>", "events at or after this time", instant)
    .option("--end <time>", "events before this time", instant)
    .option(
      "--where <condition>",
      "such as payload.magnitude>=4.5; may be given more than once",
      condition,
      [],
    )
    .option("--out <file>", "standard output, when left out")
    .action(exportAll);
  return command;
}

async function exportAll(options: Options): Promise<void> {
  await withDeps(async (deps) => {
    const pieces = Readable.from(readPieces(deps, options));
    if (options.out === undefined) return pipeline(pieces, process.stdout, { end: false });
    // Under its own name only when it is whole.
    const partial = `${options.out}.partial`;
    try {
      await pipeline(pieces, createWriteStream(partial));
    } catch (error) {
      await rm(partial, { force: true });
      throw error;
    }
    await rename(partial, options.out);
  });
}

/** One piece at a time, as the file takes them. */
async function* readPieces(deps: Deps, options: Options): AsyncGenerator<string> {
  const { client, type: eventType, start, end, where, format } = options;
  const filter = { clientId: client ?? null, eventType, start, end, where };
  const progress = showProgress();
  let cursor: string | undefined;
  do {
    const piece = await exportPiece(deps, filter, { format, limit: MAX_EXPORTED, cursor });
    progress.add(piece.rows, Buffer.byteLength(piece.text));
    yield piece.text;
    cursor = piece.cursor ?? undefined;
  } while (cursor !== undefined);
  progress.end();
}

/** On standard error, so that standard output is the file alone: in a terminal one line that changes, else one at the end. */
function showProgress(): { add: (events: number, bytes: number) => void; end: () => void } {
  const total = { events: 0, bytes: 0 };
  const text = (): string => `${total.events} events, ${(total.bytes / 1_000_000).toFixed(1)} MB`;
  return {
    add(events, bytes) {
      total.events += events;
      total.bytes += bytes;
      if (process.stderr.isTTY) process.stderr.write(`\r${text()}`);
    },
    end() {
      process.stderr.write(process.stderr.isTTY ? "\n" : `${text()}\n`);
    },
  };
}
