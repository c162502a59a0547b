/** Runs the command line: parses the words, shows errors, and ends with the exit code that fits. */
import { CommanderError } from "commander";
import { exitCodeOf, explain } from "./errors.ts";
import { exitCodes } from "./exit-codes.ts";
import { handleSignals, signalCode } from "./interrupt.ts";
import { createProgram } from "./program.ts";

/** @param words those after the program's name; those of this process by default */
export async function run(words: readonly string[] = process.argv.slice(2)): Promise<void> {
  handleSignals();
  // The reader of a pipe may leave early, as `head` does.
  for (const stream of [process.stdout, process.stderr])
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit(exitCodes.ok);
    });
  try {
    await createProgram().parseAsync(words, { from: "user" });
  } catch (error) {
    process.exitCode = fail(error);
  }
  if (signalCode !== undefined) process.exitCode = signalCode;
}

function fail(error: unknown): number {
  if (error instanceof CommanderError) {
    // It has been printed. Help and the version are no errors, unless help was printed because a command is missing.
    const isHelp = ["commander.helpDisplayed", "commander.version"].includes(error.code);
    return isHelp || error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  }
  const text = explain(error);
  if (text !== "") console.error(text);
  return exitCodeOf(error);
}
