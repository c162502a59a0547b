/** Processor time of processes, from Linux's /proc. A wall time says little on a machine that others use too. */
import { readFileSync } from "node:fs";

/** Ticks per second of /proc's times, which is 100 on every current Linux (`getconf CLK_TCK`). */
const TICKS = 100;

/** Attempts at reading a tree of processes, of which one may end in between. */
const ATTEMPTS = 10;

/** The processor time of processes and all their descendants in milliseconds; NaN where there is no /proc. */
export function processorMs(pids: readonly number[]): number {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    try {
      return pids.reduce((sum, pid) => sum + treeTicks(pid), 0) * (1_000 / TICKS);
    } catch {
      // A process has ended between the reading of its parent's list and its own times.
    }
  }
  return Number.NaN;
}

function treeTicks(pid: number): number {
  // The name, in parentheses, may contain spaces. Times of ended children are added to their parent's.
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  const own = [11, 12, 13, 14].reduce((sum, field) => sum + Number(stat[field]), 0);
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  return children.reduce((sum, child) => sum + treeTicks(Number(child)), own);
}
