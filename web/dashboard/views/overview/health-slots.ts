/** The history of health checks in equal parts of the time. */

export interface Slot {
  /** Milliseconds since the Unix epoch. */
  start: number;
  state: "ok" | "mixed" | "unavailable" | "none";
}

interface History {
  start: string;
  end: string;
  checks: readonly { at: string; status: "ok" | "unavailable" }[];
}

const SLOTS = 72;

/** The state in each part, the oldest first. */
export function slotsOf({ start, end, checks }: History, count = SLOTS): Slot[] {
  const from = Date.parse(start);
  const size = (Date.parse(end) - from) / count;
  const passed = new Array<number>(count).fill(0);
  const failed = new Array<number>(count).fill(0);
  for (const { at, status } of checks) {
    const index = Math.min(count - 1, Math.max(0, Math.floor((Date.parse(at) - from) / size)));
    const tally = status === "ok" ? passed : failed;
    tally[index] = (tally[index] ?? 0) + 1;
  }
  return passed.map((ok, index) => ({ start: from + index * size, state: stateOf(ok, failed[index] ?? 0) }));
}

function stateOf(passed: number, failed: number): Slot["state"] {
  if (passed > 0) return failed > 0 ? "mixed" : "ok";
  return failed > 0 ? "unavailable" : "none";
}
