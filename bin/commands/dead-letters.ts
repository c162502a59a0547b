import { Command } from "commander";
import { outage } from "../../lib/http/errors.ts";
import { print, withAudit } from "./connect.ts";
import { wholeNumber } from "./options.ts";

interface Options {
  limit: number;
}

/** `weir dead-letters`: messages that no worker could process. */
export function deadLettersCommand(): Command {
  const command = new Command("dead-letters").description("messages that no worker could process");
  command
    .command("redrive")
    .description("put dead letters back into the queue; events that are already stored still count once")
    .option("--limit <messages>", "maximum messages to put back", wholeNumber, 1_000)
    .action(putBack);
  return command;
}

async function putBack({ limit }: Options, command: Command): Promise<void> {
  const redriven = await withAudit(command, async ({ queue }, changed) => {
    const moved = await queue.redrive(limit).catch(outage("queue"));
    if (moved > 0)
      changed({ before: { set_aside: moved, queued: 0 }, after: { set_aside: 0, queued: moved } });
    return moved;
  });
  print(command, { redriven }, [`${redriven} messages are back in the queue.`]);
}
