/** Short runs of chaos. */
import { rm } from "node:fs/promises";
import { runChaos } from "../../chaos/chaos.ts";
import type { Options } from "../../chaos/options.ts";
import { type Report, toText } from "../../chaos/report.ts";
import { Teardown } from "../../local/supervise.ts";
import { atEnd } from "./cleanup.ts";

const SHORT: Options = {
  queue: "redis",
  seed: 1,
  seconds: 20,
  clients: 6,
  proxy: true,
  lossy: false,
  faults: undefined,
  appendfsync: "always",
  visibility: 5,
  mutant: undefined,
  dataDir: undefined,
};

/** Timeout in milliseconds of a test with one run: long, since only a hang should fail it. */
export const RUN_TIMEOUT_MS = 240_000;

export interface ShortRun {
  /** What failed, one line each; empty if every check held. */
  violations: string[];
  /** Names of the injected faults. */
  made: string[];
  report: Report;
  /** The report as a table, to find out why a run failed. */
  text: string;
}

/** @param options override those of a short run */
export async function shortRun(options: Partial<Options>): Promise<ShortRun> {
  const stop = new AbortController();
  const teardown = new Teardown();
  const log: string[] = [];
  const say = (line: string): void => void log.push(line);
  const run = runChaos({ options: { ...SHORT, ...options }, say, signal: stop.signal, teardown });
  // A test that times out must leave nothing running.
  atEnd(async () => {
    stop.abort(new Error("The test is over."));
    await run.catch(() => {});
  });
  const { folder, ...report } = await run;
  await rm(folder, { recursive: true, force: true });
  return {
    violations: report.findings.flatMap(({ name, violations }) => violations.map((one) => `${name}: ${one}`)),
    made: report.recoveries.map(({ name }) => name),
    report,
    text: `${log.join("\n")}\n${toText(report)}`,
  };
}
