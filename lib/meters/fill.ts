/** Fills meters with the events that were stored before they were declared, newest first, in bounded steps. */
import { setTimeout as sleep } from "node:timers/promises";
import { type Steps, step } from "../postgres/lock-retry.ts";
import { fillPiece, listMeterUsers, listUnfilled, noteKnown } from "./sql/fill-meter.ts";

/** Events of the client that one transaction reads: a fraction of a second of work. */
const PIECE_EVENTS = 10_000;
/** How long to wait for transactions that may not know a meter, and how often to look. Most take less. */
const WAIT_MS = 30_000;
const LOOK_MS = 50;

interface Filling {
  /** Fills this meter only; by default all. */
  only?: string;
  /** Called for each meter that becomes complete. */
  completed?: () => unknown;
  /** Events that a transaction reads; by default `PIECE_EVENTS`. */
  pieceEvents?: number;
}

/** Fills meters as far as possible. @throws as `step` does */
export async function fillMeters(
  steps: Steps,
  { only, completed = () => {}, pieceEvents = PIECE_EVENTS }: Filling = {},
): Promise<void> {
  const { unknown, known } = await listUnfilled(steps.sql, only);
  if (unknown.length > 0 && (await allKnow(steps))) {
    await step(steps, "note meters as known", (tx) => noteKnown(tx, unknown));
    known.push(...unknown);
  }
  for (const id of known) {
    while (await step(steps, "fill a meter", (tx) => fillPiece(tx, id, pieceEvents)));
    completed();
  }
}

/**
 * Waits for every transaction that may have read the meters before these were committed: it may store events without adding
 * them, or erase payloads without rebuilding.
 * @returns false if one outlasts the time
 */
async function allKnow({ sql, endsAt }: Steps): Promise<boolean> {
  const until = Math.min(Date.now() + WAIT_MS, endsAt);
  let running = await listMeterUsers(sql);
  while (running.size > 0 && Date.now() < until) {
    await sleep(LOOK_MS);
    running = running.intersection(await listMeterUsers(sql));
  }
  return running.size === 0;
}
