/** Puts quarantined events back into the queue, and finds out what came of it. */
import { call, type Parameters, type Result } from "../../api/client.ts";

export type Quarantined = Result<"listQuarantine">["events"][number];
export type Reasons = Result<"listQuarantine">["reasons"];
type Redrive = Parameters<"redriveQuarantine">["body"];

/** Which events to redrive. */
export interface Chosen {
  client: string | undefined;
  reason: string | undefined;
  /** One event; undefined for all that match. */
  event: Quarantined | undefined;
  /** How many there are. */
  count: number;
}

export interface Outcome {
  /** Put back into the queue. */
  redriven: number;
  /** Of all that matched, still in quarantine when the last answer came. */
  left: number;
}

/** Events in one call; each call is one transaction. */
const PER_CALL = 1_000;
const POLLS = 20;
const POLL_MS = 500;

/**
 * Redrives the chosen events in calls of 1,000, but never more than there were: one that PostgreSQL refuses again would
 * otherwise go around for ever. Then it waits some seconds for the worker.
 * @param show called with the number that is in the queue so far
 */
export async function redrive(chosen: Chosen, show: (redriven: number) => void): Promise<Outcome> {
  const before = await countNow(chosen);
  let redriven = 0;
  while (redriven < chosen.count) {
    const limit = Math.min(PER_CALL, chosen.count - redriven);
    const answer = await call("redriveQuarantine", { body: toBody(chosen, limit) });
    redriven += answer.redriven;
    show(redriven);
    if (answer.redriven < limit) break;
  }
  const now = await settled(chosen, before - redriven);
  return { redriven, left: Math.max(0, chosen.count - (before - now)) };
}

function toBody({ client, reason, event }: Chosen, limit: number): Redrive {
  if (event !== undefined) return { client: event.client_id, event_keys: [event.event_key], limit };
  return { ...(client !== undefined && { client }), ...(reason !== undefined && { reason }), limit };
}

/** What is in quarantine once it has fallen to a number, or the time is up. */
async function settled(chosen: Chosen, awaited: number): Promise<number> {
  let now = await countNow(chosen);
  for (let poll = 0; poll < POLLS && now > awaited; poll++) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    now = await countNow(chosen);
  }
  return now;
}

/** Events in quarantine: for one event, those of its receipt, since a list of all may be long. */
async function countNow({ client, reason, event }: Chosen): Promise<number> {
  if (event !== undefined)
    return (await call("getReceipt", { path: { receipt_id: event.receipt_id } })).quarantined;
  const query = { ...(client !== undefined && { client }), limit: 1 };
  return countOf((await call("listQuarantine", { query })).reasons, reason);
}

/** Events with a reason; without one, all. */
export const countOf = (reasons: Reasons, reason: string | undefined): number =>
  reasons
    .filter((one) => reason === undefined || one.reason === reason)
    .reduce((total, { count }) => total + count, 0);

/** One quarantined event; undefined if it is not, or no longer, in quarantine. */
export async function findEvent(client: string, key: string): Promise<Quarantined | undefined> {
  let cursor: string | null = null;
  do {
    const page: Result<"listQuarantine"> = await call("listQuarantine", {
      query: { client, limit: 1_000, ...(cursor !== null && { cursor }) },
    });
    const found = page.events.find(({ event_key }) => event_key === key);
    if (found !== undefined) return found;
    cursor = page.next_cursor;
  } while (cursor !== null);
  return undefined;
}

/** What came of it, as a sentence. */
export function describeOutcome({ redriven, left }: Outcome): string {
  const events = (count: number): string => (count === 1 ? "1 event" : `${count} events`);
  if (redriven === 0)
    return "No event was put back: they are in the queue already, or no longer in quarantine.";
  const back = `${events(redriven)} went through the queue again. `;
  return left === 0
    ? `${back}None of them is in quarantine any more.`
    : `${back}Still in quarantine: ${events(left)}, because PostgreSQL refused them again or they are still in the queue.`;
}
