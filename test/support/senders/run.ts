/** A published sender in a test. */
import type { Target } from "./faulty-system.ts";

/** What a sender did, by the ids of its events. */
export interface Run {
  /** Handed over to it. */
  sent: string[];
  /** Reported as delivered, or answered so that its user takes it for delivered. */
  delivered: string[];
  /** Answered with 429, so that nothing of it may be kept. Only of senders that do not repeat. */
  limited?: string[];
  /** Errors that its user saw. */
  errors?: string[];
}

/**
 * Sends while `goOn` is true, faster than the client's limit allows, but with few events on their way; then lets the sender
 * deliver or give up what is left.
 */
export type Sender = (target: Target, goOn: () => boolean) => Promise<Run>;
