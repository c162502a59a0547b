/** Fills the queue through the ingest handler, and drains it with workers. */
import type { Deps } from "../lib/app/connect.ts";
import { Drain } from "../lib/worker/drain-queue.ts";
import { Bodies, type IdKind } from "./events.ts";
import { ingestOf } from "./handler.ts";

const SENDERS = 8;

export interface Filling {
  events: number;
  /** Events per request, and so per message. */
  perRequest: number;
  /** Time span before now over which the events' timestamps are spread, in milliseconds. */
  spreadMs?: number;
  /** Share of the events that the database rejects. */
  refused?: number;
  /** By default UUIDs of version 7. */
  ids?: IdKind;
}

/** Resolves when the events are in the queue. */
export async function fill(deps: Deps, secret: string, filling: Filling): Promise<void> {
  const { events, perRequest, spreadMs = 0, refused, ids } = filling;
  const send = ingestOf(deps, secret);
  const bodies = new Bodies(ids);
  const next = (): string => {
    if (refused !== undefined) return bodies.withRefused(perRequest, refused);
    return spreadMs === 0 ? bodies.many(perRequest) : spreadOut(bodies, perRequest, spreadMs);
  };
  let left = Math.ceil(events / perRequest);
  const sender = async (): Promise<void> => {
    for (; left > 0; ) {
      left--;
      await send(next());
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
}

function spreadOut(bodies: Bodies, events: number, spreadMs: number): string {
  const now = Date.now();
  const one = (): string => bodies.one(new Date(now - Math.floor(Math.random() * spreadMs)).toISOString());
  return `{"events":[${Array.from({ length: events }, one).join(",")}]}`;
}

/**
 * Runs workers with a given batch size until the queue is empty.
 * @returns the duration in seconds
 * @throws if a message could not be settled
 */
export async function empty(deps: Deps, workers: number, maxMessages: number): Promise<number> {
  const start = performance.now();
  const worker = async (): Promise<void> => {
    const drain = new Drain(deps, Number.POSITIVE_INFINITY, { maxMessages });
    for (;;) {
      const { received, messages, failed } = await drain.step(0, true);
      if (received === 0) return drain.stop();
      if (failed.length > 0 || messages < received)
        throw new Error(`The worker could not store ${received - messages + failed.length} messages.`);
    }
  };
  await Promise.all(Array.from({ length: workers }, worker));
  return (performance.now() - start) / 1_000;
}
