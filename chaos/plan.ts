/** Schedules the faults: a pure function of the seed and the options. */

import type { Fault } from "./faults/fault.ts";
import { FAULTS } from "./faults/index.ts";
import type { Options } from "./options.ts";
import { random } from "./random.ts";

export interface Planned {
  name: string;
  /** Milliseconds from the start of the load. */
  atMs: number;
  lastsMs: number;
  /** Seed for the fault's random choices. */
  seed: number;
}

/** No faults at the start, to observe that everything works, and at the end, to observe the recovery. */
const BEFORE_MS = 2_000;
const AFTER_MS = 4_000;
const GAP_MS: readonly [number, number] = [500, 4_000];
/** Occasional periods without faults, long enough to observe that health reports them. */
const CALM_MS = 14_000;
const CALM_CHANCE = 0.08;
const OVERLAP_CHANCE = 0.25;

type Wanted = Pick<Options, "queue" | "seed" | "seconds" | "proxy" | "lossy" | "faults">;

/** The faults that a run may make. */
export function eligible({ queue, proxy, lossy, faults }: Wanted): readonly Fault[] {
  return FAULTS.filter((fault) => {
    if (fault.queue !== undefined && fault.queue !== queue) return false;
    if (faults !== undefined) return faults.includes(fault.name);
    if (fault.kind === "network") return proxy;
    return fault.kind !== "lossy" || lossy;
  });
}

export function plan(options: Wanted): Planned[] {
  const { seed, seconds } = options;
  const { int, chance } = random(seed, "plan");
  const faults = eligible(options);
  if (faults.length === 0) return [];
  const endMs = seconds * 1_000 - AFTER_MS;
  const planned: Planned[] = [];
  /** Time at which each target is free again. */
  const free = new Map<string, number>();
  /** Each fault occurs once before one is repeated. */
  let bag: Fault[] = [];
  for (let atMs = BEFORE_MS; atMs < endMs; ) {
    const left: readonly Fault[] = bag.length > 0 ? bag : [...faults];
    const fault = left[int(0, left.length - 1)] as Fault;
    bag = left.filter((other) => other !== fault);
    const [from, to] = fault.seconds;
    const lastsMs = int(from * 1_000, to * 1_000);
    const start = Math.max(atMs, free.get(fault.target) ?? 0);
    if (start + lastsMs > endMs) {
      atMs += 1_000;
      continue;
    }
    planned.push({ name: fault.name, atMs: start, lastsMs, seed: int(0, 2 ** 31 - 1) });
    // A killed server is down for at least a second.
    free.set(fault.target, start + lastsMs + 2_500);
    const gapMs = chance(CALM_CHANCE) ? CALM_MS : int(...GAP_MS);
    atMs = chance(OVERLAP_CHANCE) ? start + Math.floor(lastsMs / 2) : start + lastsMs + gapMs;
  }
  return planned.sort((a, b) => a.atMs - b.atMs);
}
