/** The interface of a fault. */
import type { Random } from "../random.ts";
import type { System } from "../system.ts";

/** A server that the functions need. */
export type Server = "postgres" | "redis" | "sqs";

/** A period in which Redis lost accepted data, as declared. */
export interface Loss {
  name: string;
  /** Earlier data is kept; milliseconds since the Unix epoch. */
  from: number;
  /** Later data is kept. */
  to: number;
}

export interface FaultContext {
  system: System;
  /** For the fault's own choices. */
  random: Random;
  /** Receives each loss before it happens; the end is set when the loss is over. */
  loses: (loss: Loss) => void;
}

/** A fault that has begun. */
export interface Begun {
  /** Chosen details, for the report. */
  detail: string;
  /** Ends the fault. Resolves when nothing of it is left, except what recovers by itself. */
  undo: () => Promise<void>;
}

export interface Fault {
  name: string;
  /** Two faults with the same target never overlap. */
  target: string;
  /** Minimum and maximum duration; 0 for an instantaneous fault. */
  seconds: readonly [number, number];
  /** Only with this queue. */
  queue?: "redis" | "sqs";
  /** A fault of the network, or one that loses what is queued. */
  kind?: "network" | "lossy";
  /** While it lasts, this server accepts no writes from the functions, so health must not say ok. */
  denies?: Server;
  /** True if the link is cut: then our own probes, which bypass the proxies, prove nothing. */
  onLink?: true;
  /** Redis may forget which ids it has seen, without a loss: the ledger knows them. */
  forgets?: true;
  /** @returns the fault that began, or a sentence why this machine does not support it */
  begin(context: FaultContext): Promise<Begun | string>;
}

export const nothing = async (): Promise<void> => {};
