/**
 * Faults put into the system on purpose, to show that chaos finds them. The environment variable CHAOS_MUTANT switches one
 * on; only chaos' own processes read it, and nothing that is shipped imports this folder.
 */
import type { Deps } from "../../lib/app/connect.ts";
import type { Queue } from "../../lib/queue/port.ts";
import { acknowledgeFirst } from "./acknowledge-first.ts";
import { markFirst } from "./mark-first.ts";

export const MUTANTS = ["mark-first", "acknowledge-first", "no-collapse"] as const;
export type Mutant = (typeof MUTANTS)[number];

/** File URLs of what the worker's process must load first for a mutant. */
export const preloadOf = (mutant: Mutant | undefined): string[] =>
  mutant === "no-collapse" ? [new URL("no-collapse.ts", import.meta.url).href] : [];

const chosen = process.env.CHAOS_MUTANT;

/** Changes what the functions of this process work with. */
export function mutate(deps: Deps): void {
  if (chosen === "mark-first") markFirst(deps, deps.intake);
}

/** A queue as the worker gets it. */
export const mutateQueue = (queue: Queue): Queue =>
  chosen === "acknowledge-first" ? acknowledgeFirst(queue) : queue;
