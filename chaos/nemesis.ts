/** Injects the faults of a plan, each at its time, and undoes each. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Loss, Server } from "./faults/fault.ts";
import { faultOf } from "./faults/index.ts";
import type { Planned } from "./plan.ts";
import { random } from "./random.ts";
import type { System } from "./system.ts";

/** The outcome of a planned fault; times in milliseconds since the Unix epoch. */
export interface Made {
  name: string;
  target: string;
  /** Period in which it certainly was in force. */
  from: number;
  to: number;
  /** Time at which it was completely undone. */
  healedAt: number;
  detail: string;
  denies: Server | undefined;
  onLink: boolean;
  forgets: boolean;
  /** Why it was skipped. */
  skipped: string | undefined;
}

export interface Nemesis {
  made: readonly Made[];
  losses: readonly Loss[];
  /** Resolves when all faults were injected and undone. @throws the error of a fault that could not be injected or undone */
  done: Promise<void>;
}

/** @param signal ends each fault early and starts no new one */
export function unleash(
  plan: readonly Planned[],
  system: System,
  say: (line: string) => void,
  signal: AbortSignal,
): Nemesis {
  const begun = Date.now();
  const made: Made[] = [];
  const losses: Loss[] = [];
  const loses = (loss: Loss): void => void losses.push(loss);
  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal }).catch(() => {});
  const seconds = (): string => ((Date.now() - begun) / 1_000).toFixed(1).padStart(6);

  /** End of the last fault on each target: on a slow machine it may last longer than planned. */
  const over = new Map<string, Promise<void>>();
  const inTurn = (planned: Planned): Promise<void> => {
    const { target } = faultOf(planned.name);
    const before = over.get(target) ?? Promise.resolve();
    const mine = Promise.all([before, pause(planned.atMs)]).then(() => make(planned));
    over.set(target, mine);
    return mine;
  };
  const make = async ({ name, lastsMs, seed }: Planned): Promise<void> => {
    if (signal.aborted) return;
    const fault = faultOf(name);
    const one: Made = {
      name,
      target: fault.target,
      from: Date.now(),
      to: 0,
      healedAt: 0,
      detail: "",
      denies: fault.denies,
      onLink: fault.onLink ?? false,
      forgets: fault.forgets ?? false,
      skipped: undefined,
    };
    made.push(one);
    const started = Date.now();
    const result = await fault
      .begin({ system, random: random(seed, name), loses })
      // Its server is still down after another fault.
      .catch((error: Error) => `it could not be injected: ${error.message}`);
    if (typeof result === "string") {
      one.skipped = result;
      one.to = one.healedAt = one.from;
      say(`${seconds()} s  ${name}: skipped, ${result}`);
      return;
    }
    one.detail = result.detail;
    one.from = Date.now();
    say(`${seconds()} s  ${name}${result.detail === "" ? "" : ` (${result.detail})`}`);
    try {
      await pause(lastsMs);
      one.to = Date.now();
    } finally {
      await result.undo();
      one.healedAt = Date.now();
    }
    // An instantaneous fault was in force when it was started.
    if (lastsMs === 0) one.from = started;
    else say(`${seconds()} s  ${name} ends`);
  };
  return { made, losses, done: Promise.all(plan.map(inTurn)).then(() => {}) };
}
