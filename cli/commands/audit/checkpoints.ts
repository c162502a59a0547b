import { Command } from "commander";
import { numberFromZero } from "../../options/parsers.ts";
import { write } from "../../output/output.ts";
import { withSystem } from "../../system.ts";

/** `weir audit checkpoints`: signed checkpoints, to keep copies of. */
export const checkpointsCommand = (): Command =>
  new Command("checkpoints")
    .description(
      "print signed checkpoints, one per line, oldest first; keep copies where the operator can't change them",
    )
    .option("--after <number>", "only checkpoints with a higher number", numberFromZero, 0)
    .action(printCheckpoints);

async function printCheckpoints({ after }: { after: number }, command: Command): Promise<void> {
  await withSystem(command, { scope: "audit", servers: true }, async (api) => {
    for (let from = after; ; ) {
      const { checkpoints } = await api.call("listCheckpoints", { query: { after: from, limit: 1_000 } });
      await write(process.stdout, checkpoints.map((one) => `${JSON.stringify(one)}\n`).join(""));
      const last = checkpoints.at(-1);
      if (!last) return;
      from = last.checkpoint;
    }
  });
}
