import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { Command } from "commander";
import type { Recovered } from "../../../lib/audit/record/recover.ts";
import { exitCodes } from "../../exit-codes.ts";
import { Output } from "../../output/output.ts";

/** `weir audit recover`: recovers audit rows that could not be queued from a log. */
export const recoverCommand = (): Command =>
  new Command("recover")
    .description(
      "read audit rows that could not be queued back from a log; safe to repeat; needs the servers",
    )
    .argument(
      "<file>",
      "the log, as printed by the functions or exported by CloudWatch; - for standard input",
    )
    .action(recover);

async function recover(file: string, _options: object, command: Command): Promise<void> {
  const output = new Output(command);
  const recovered: Recovered = { found: 0, queued: 0, bad: [] };
  // Opened first: without a readable file there is no need to connect.
  const input = file === "-" ? process.stdin : await opened(file);
  const { recoverWithServers } = await import("../../servers/recover.ts");
  await recoverWithServers(
    command,
    () => linesOf(input),
    recovered,
    () => tell(file, recovered),
  );
  await output.print(recovered, () => [`${recovered.found} rows found, ${recovered.queued} queued.`]);
  if (recovered.bad.length > 0) process.exitCode = exitCodes.failed;
}

function tell(file: string, { found, queued, bad }: Recovered): void {
  for (const { line, reason } of bad) console.error(`${file}:${line}: can't read the audit row: ${reason}`);
  if (queued < found)
    console.error(`${found} rows found, ${queued} queued. Run the command again: repeating it is safe.`);
}

async function opened(file: string): Promise<Readable> {
  const stream = createReadStream(file);
  await new Promise<void>((resolve, reject) => {
    stream.once("open", () => resolve());
    stream.once("error", reject);
  });
  return stream;
}

const linesOf = (input: Readable): AsyncIterable<string> =>
  createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
