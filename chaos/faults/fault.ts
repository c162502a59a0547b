/** What a fault is. */
import type { Random } from "../random.ts";
import type { System } from "../system.ts";

/** A server that the functions need. */
export type Server = "postgres" | "redis" | "sqs";

/** A moment at which Redis lost what it had taken, as declared. */
export interface Loss {
  name: string;
  /** What came before is kept; milliseconds since the Unix epoch. */
  from: number;
  /** What comes after is kept. */
  to: number;
}

export interface FaultContext {
  system: System;
  /** For the fault's own choices. */
  random: Random;
  /** To be told before anything gets lost; its end is set when the loss is over. */
  loses: (loss: Loss) => void;
}

/** A fault that has begun. */
export interface Begun {
  /** What was chosen, for the report. */
  detail: string;
  /** Ends it. Resolves when nothing of it is left, or only what heals by itself. */
  undo: () => Promise<void>;
}

export interface Fault {
  name: string;
  /** Two faults with the same target never overlap. */
  target: string;
  /** Shortest and longest time that it lasts; 0 for one that is over at once. */
  seconds: readonly [number, number];
  /** Only with this queue. */
  queue?: "redis" | "sqs";
  /** A fault of the network, or one that loses what is queued. */
  kind?: "network" | "lossy";
  /** As long as it lasts, this server takes no write of the functions, so health must not say ok. */
  denies?: Server;
  /** How the functions are cut off: then our own probes, which go past the proxies, tell nothing. */
  onLink?: true;
  /** Redis may forget which ids it has seen, without a loss: the ledger knows them. */
  forgets?: true;
  /** @returns what began, or in a sentence why this machine can't make this fault */
  begin(context: FaultContext): Promise<Begun | string>;
}

export const nothing = async (): Promise<void> => {};
