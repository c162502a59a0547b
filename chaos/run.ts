/** `npm run chaos`: makes faults while clients send, and checks what came of it. */
import { Teardown } from "../local/supervise.ts";
import { removeFolder, runChaos } from "./chaos.ts";
import { HELP, parseOptions } from "./options.ts";
import { commandOf, toText } from "./report.ts";

process.exitCode = await main();

/** @returns 0: all held; 1: something did not; 2: the run itself failed */
async function main(): Promise<number> {
  const teardown = new Teardown();
  const stop = new AbortController();
  try {
    const options = parseOptions(process.argv.slice(2), process.env);
    if (!options) {
      console.log(HELP);
      return 0;
    }
    for (const name of ["SIGINT", "SIGTERM"] as const)
      process.on(name, () => {
        // Asked twice, it does not wait for anything.
        if (stop.signal.aborted) process.exit(130);
        stop.abort(new Error(`Stopped by ${name}.`));
      });
    // Whatever happens, nothing is left running.
    process.on("exit", () => teardown.kill());
    console.log(commandOf(options));
    const report = await runChaos({
      options,
      say: (line) => console.log(line),
      signal: stop.signal,
      teardown,
    });
    console.log(`\n${toText(report)}`);
    if (report.ok && options.dataDir === undefined) await removeFolder(report.folder);
    else console.log(`Logs and report.json are in ${report.folder}`);
    return report.ok ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 2;
  }
}
