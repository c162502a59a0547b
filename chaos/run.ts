/** `npm run chaos`: injects faults while clients send events, and checks the result. */
import { Teardown } from "../local/supervise.ts";
import { removeFolder, runChaos } from "./chaos.ts";
import { HELP, parseOptions } from "./options.ts";
import { commandOf, toText } from "./report.ts";

process.exitCode = await main();

/** @returns 0: all checks passed; 1: a check failed; 2: the run itself failed */
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
        // A second signal exits immediately.
        if (stop.signal.aborted) process.exit(130);
        stop.abort(new Error(`Stopped by ${name}.`));
      });
    // Leaves nothing running in any case.
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
