/** A run must leave no process. Every process that it starts inherits a mark, by which leftovers are found. */
import { randomUUID } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine } from "../../../local/process.ts";

const VARIABLE = "WEIR_TEST_RUN";

/** Call before anything is started. */
export function markRun(): void {
  process.env[VARIABLE] = randomUUID();
}

/**
 * Ends leftover processes, so that they do not pile up, and fails the run.
 * @throws an error that names each leftover process
 */
export async function checkNothingLeft(): Promise<void> {
  // Only Linux shows the environment of a process.
  if (process.platform !== "linux") return;
  let left = await findMarked();
  // A process that was told to end may take a moment.
  for (let waits = 0; left.size > 0 && waits < 50; waits++) {
    await sleep(100);
    left = await findMarked();
  }
  if (left.size === 0) return;
  for (const pid of left.keys()) process.kill(pid, "SIGKILL");
  throw new Error(`The tests left processes running:\n${[...left.values()].join("\n")}`);
}

/** Processes of this run by process id, without the runner's own. */
async function findMarked(): Promise<Map<number, string>> {
  const mark = `${VARIABLE}=${process.env[VARIABLE]}`;
  const found = new Map<number, string>();
  for (const name of await readdir("/proc")) {
    const pid = Number(name);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const environment = await readFile(`/proc/${name}/environ`, "utf8").catch(() => "");
    if (!environment.includes(mark)) continue;
    const line = await commandLine(pid);
    if (line !== "" && !line.includes("vitest") && !line.includes("esbuild"))
      found.set(pid, line.slice(0, 200));
  }
  return found;
}
