/**
 * Deliberate faults in the system, to check that chaos detects them. The environment variable CHAOS_MUTANT enables one; only
 * chaos' own processes read it, and no shipped code imports this folder.
 */
import type { Deps } from "../../lib/app/connect.ts";
import type { Queue } from "../../lib/queue/port.ts";
import { acknowledgeFirst } from "./acknowledge-first.ts";
import { markFirst } from "./mark-first.ts";

export const MUTANTS = ["mark-first", "acknowledge-first", "no-collapse"] as const;
export type Mutant = (typeof MUTANTS)[number];

/** File URLs of modules that the worker's process must load first for a mutant. */
export const preloadOf = (mutant: Mutant | undefined): string[] =>
  mutant === "no-collapse" ? [new URL("no-collapse.ts", import.meta.url).href] : [];

const chosen = process.env.CHAOS_MUTANT;

/** Changes the dependencies of this process's functions. */
export function mutate(deps: Deps): void {
  if (chosen === "mark-first") markFirst(deps, deps.intake);
}

/** The queue that the worker gets. */
export const mutateQueue = (queue: Queue): Queue =>
  chosen === "acknowledge-first" ? acknowledgeFirst(queue) : queue;
