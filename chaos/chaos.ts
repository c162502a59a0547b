/** One chaos run, from starting the servers to the last check. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Teardown } from "../local/supervise.ts";
import type { Evidence } from "./checks/evidence.ts";
import { check } from "./checks/index.ts";
import { recoveries } from "./checks/recovery.ts";
import { Ledger } from "./ledger.ts";
import { makeAccounts, runLoad } from "./load.ts";
import { unleash } from "./nemesis.ts";
import type { Options } from "./options.ts";
import { plan } from "./plan.ts";
import { waitForQuiet } from "./quiet.ts";
import type { Report } from "./report.ts";
import { type System, startSystem } from "./system.ts";
import { readMissing, readTold, recoverFromLogs } from "./told.ts";
import { readAudit, readTruth } from "./truth.ts";
import { startWatch } from "./watch.ts";

/** Maximum time that a request may take after the load ends. */
const FINISH_MS = 90_000;
/** Maximum time that messages may wait after that, in addition to the visibility time. */
const QUIET_MS = 60_000;

export interface Run {
  options: Options;
  say: (line: string) => void;
  /** Aborts the run; started parts are stopped. */
  signal: AbortSignal;
  teardown: Teardown;
}

/** @throws if the run itself failed, independent of the system's correctness */
export async function runChaos(run: Run): Promise<Report & { folder: string }> {
  const { options } = run;
  const folder = options.dataDir ? resolve(options.dataDir) : await mkdtemp(join(tmpdir(), "weir-chaos-"));
  try {
    const report = await runIn(folder, run);
    await writeFile(join(folder, "report.json"), `${JSON.stringify(report, null, 2)}\n`);
    return { ...report, folder };
  } catch (error) {
    if (!run.signal.aborted) run.say(`The run failed; its logs are in ${folder}`);
    else if (options.dataDir === undefined) await run.teardown.stop().then(() => removeFolder(folder));
    throw error;
  } finally {
    for (const fault of await run.teardown.stop()) run.say(fault);
  }
}

/** What a run leaves behind. */
export const removeFolder = (folder: string): Promise<void> => rm(folder, { recursive: true, force: true });

async function runIn(folder: string, { options, say, signal, teardown }: Run): Promise<Report> {
  const planned = plan(options);
  const broken = new AbortController();
  const ended = AbortSignal.any([signal, broken.signal]);
  const system = await startSystem({
    options,
    planned: new Set(planned.map(({ name }) => name)),
    folder,
    teardown,
    say,
    giveUp: (error) => broken.abort(error),
  });
  ended.throwIfAborted();
  const ledger = new Ledger();
  const accounts = await makeAccounts(system, ledger, options.clients);
  const [watched] = accounts.slice(-1);
  if (!watched) throw new Error("There are no clients.");

  const startedAt = Date.now();
  say(`${planned.length} faults in ${options.seconds} s`);
  const watch = startWatch(system, ledger, watched);
  const endsAt = startedAt + options.seconds * 1_000;
  const givesUp = AbortSignal.any([ended, AbortSignal.timeout(options.seconds * 1_000 + FINISH_MS)]);
  const nemesis = unleash(planned, system, say, ended);
  try {
    await Promise.all([
      nemesis.done,
      runLoad({ options, system, ledger, accounts, endsAt, signal: givesUp }),
    ]);
  } finally {
    await watch.stop();
  }
  ended.throwIfAborted();
  say("The load has ended; waiting until the queue is empty");

  const { quiet, deadLetters } = await settle(system, options.visibility * 1_000 + QUIET_MS, say);
  const toldBefore = await readMissing(system, ledger);
  const before = await readAudit(system.deps);
  const logged = await recoverFromLogs(system);
  await waitForQuiet(system, QUIET_MS);
  const truth = await readTruth(system.deps);
  say("Querying the API");
  const told = await readTold(system, ledger, accounts, truth.events);
  await waitForQuiet(system, QUIET_MS);
  const after = await readAudit(system.deps);
  ended.throwIfAborted();

  const evidence: Evidence = {
    ledger,
    truth,
    told,
    audit: { before, after, logged, toldBefore },
    seen: watch.seen,
    made: nemesis.made,
    losses: nemesis.losses,
    queue: options.queue,
    quiet,
    deadLetters,
  };
  const findings = check(evidence);
  return {
    options,
    startedAt: new Date(startedAt).toISOString(),
    seconds: (Date.now() - startedAt) / 1_000,
    events: truth.events.length,
    requests: ledger.taken.length,
    quietMs: quiet.ms,
    findings,
    recoveries: recoveries(evidence),
    skipped: nemesis.made.flatMap(({ name, skipped: reason }) =>
      reason === undefined ? [] : [{ name, reason }],
    ),
    tally: Object.fromEntries(ledger.tally),
    ok: findings.every(({ violations }) => violations.length === 0),
  };
}

/** Waits until the queue is empty, and redrives dead letters, as an operator would: they are not lost. */
async function settle(system: System, limitMs: number, say: (line: string) => void) {
  const quiet = await waitForQuiet(system, limitMs);
  const { deadLetters } = await system.deps.queue.depth();
  if (deadLetters > 0) {
    say(`${deadLetters} dead letters; redriving them`);
    await system.deps.queue.redrive(1_000_000);
    await sleep(500);
    await waitForQuiet(system, limitMs);
  }
  return { quiet, deadLetters };
}
