/** Sends the datasets to a running system and waits until the outcome of every event is known. */
import { setTimeout as sleep } from "node:timers/promises";
import type { z } from "zod";
import { getEvent, receiptSchema } from "../../lib/events/contract.ts";
import type { faultSchema } from "../../lib/http/problem-schema.ts";
import { type Api, DemoError, Refusal } from "./api.ts";
import { type Dataset, type DemoEvent, moveEvents } from "./data.ts";
import type { Progress } from "./progress.ts";

/** How long to wait for everything to be stored, and the polling interval. */
const SETTLE_MS = 180_000;
const LOOK_MS = 200;

type Fault = z.output<typeof faultSchema>;

/** Outcomes of the events of a type in this run. */
export interface Tally {
  stored: number;
  /** Already known to ingest or to the ledger. */
  duplicates: number;
  quarantined: number;
  /** Accepted, but not known to be stored at the end of the wait. */
  pending: number;
  refused: Fault[];
}

export interface Replayed {
  dataset: Dataset;
  /** Time of the newest event, in milliseconds since the Unix epoch. */
  newestAt: number;
  tally: Tally;
}

export interface Replay {
  types: Replayed[];
  /** Events sent in `sendingMs`: all except those sent ahead. */
  sentEvents: number;
  /** From sending the first batch to the last response, and to the last receipt; in milliseconds. */
  sendingMs: number;
  totalMs: number;
}

/** Ingest's responses to events of a dataset. */
interface Sent {
  duplicates: number;
  refused: Fault[];
  receipts: { id: string; accepted: number }[];
}

interface Plan {
  dataset: Dataset;
  newestAt: number;
  /** Events still to send. */
  events: DemoEvent[];
  sent: Sent;
}

/**
 * Replays all datasets.
 * @param clientId owner of the events, if the key belongs to a client; an admin key would see all clients' events
 * @throws {DemoError} if the system is unreachable or rejects a call
 */
export async function replay(
  api: Api,
  datasets: readonly Dataset[],
  progress: Progress,
  clientId?: string,
): Promise<Replay> {
  const plans: Plan[] = [];
  for (const dataset of datasets) plans.push(await plan(api, dataset, clientId));
  const startedAt = performance.now();
  const sentEvents = sumOf(plans, ({ events }) => events.length);
  try {
    progress.start("Sending", sentEvents);
    await Promise.all(plans.map(({ events, sent }) => sendAll(api, events, sent, progress.advance)));
    const sendingMs = performance.now() - startedAt;
    progress.stop();
    progress.start(
      "Storing",
      sumOf(plans.flatMap(receiptsOf), ({ accepted }) => accepted),
    );
    const tallies = await settleAll(api, plans, progress);
    const types = plans.map(({ dataset, newestAt }, i) => {
      return { dataset, newestAt, tally: tallies[i] ?? emptyTally() };
    });
    return { types, sentEvents, sendingMs, totalMs: performance.now() - startedAt };
  } finally {
    progress.stop();
  }
}

const sumOf = <T>(items: readonly T[], amount: (item: T) => number): number =>
  items.reduce((sum, item) => sum + amount(item), 0);

const receiptsOf = ({ sent }: Plan): Sent["receipts"] => sent.receipts;

const nothingSent = (): Sent => ({ duplicates: 0, refused: [], receipts: [] });

/**
 * Decides by how much the times are shifted. An id that is sent again with another time would be a conflict, so every run
 * must shift them by the same duration. The system itself stores it: the first run sends only the newest event, dated
 * now, and every run uses the time that is stored for it. This works without a file of ours, for any system, after an
 * interrupted run, and for two concurrent first runs.
 */
async function plan(api: Api, dataset: Dataset, clientId: string | undefined): Promise<Plan> {
  const { eventId } = dataset.newest;
  const find = () => findTime(api, eventId, clientId);
  const known = await find();
  if (known !== undefined) return planned(dataset, known);
  const first = moveEvents(dataset, Date.now()).filter(({ event_id }) => event_id === eventId);
  const sent = nothingSent();
  await sendAll(api, first, sent, () => {});
  const giveUpAt = Date.now() + SETTLE_MS;
  for (;;) {
    const newestAt = await find();
    // If ingest already knew the id, an earlier run's event is about to be stored, and ours is sent with its time.
    if (newestAt !== undefined)
      return planned(dataset, newestAt, sent.receipts.length > 0 ? sent : undefined);
    const [fault] = sent.refused.filter(({ code }) => code !== "event-conflict");
    if (fault) throw new DemoError(`The newest ${dataset.type} was refused: ${fault.detail}.`);
    if (Date.now() > giveUpAt)
      throw new DemoError(
        `The first ${dataset.type} was accepted, but is not stored after ${SETTLE_MS / 1_000} s. Is the worker running?`,
      );
    await sleep(LOOK_MS);
  }
}

/** @param first outcome of the newest event, if it was sent ahead */
function planned(dataset: Dataset, newestAt: number, first?: Sent): Plan {
  const skip = first ? dataset.newest.eventId : undefined;
  const events = moveEvents(dataset, newestAt).filter(({ event_id }) => event_id !== skip);
  return { dataset, newestAt, events, sent: first ?? nothingSent() };
}

/** The time of an event, stored or in quarantine; undefined if it is in neither. */
async function findTime(api: Api, eventId: string, client: string | undefined): Promise<number | undefined> {
  try {
    const parameters = { path: { event_id: eventId }, query: client === undefined ? {} : { client } };
    return Date.parse((await api.call("getEvent", getEvent.responses[200], parameters)).timestamp);
  } catch (error) {
    if (error instanceof Refusal && error.cause.code === "not-found") return undefined;
    throw error;
  }
}

/** Sends events, and adds the outcomes to `sent`. @param advance called with the number of settled events */
function sendAll(
  api: Api,
  events: readonly DemoEvent[],
  sent: Sent,
  advance: (events: number) => void,
): Promise<void> {
  return api.send(
    events,
    ({ receipt_id, accepted, duplicates }) => {
      sent.duplicates += duplicates;
      if (accepted > 0) sent.receipts.push({ id: receipt_id, accepted });
    },
    (error) => {
      if (error?.fault) sent.refused.push(error.fault);
      advance(1);
    },
  );
}

const emptyTally = (): Tally => ({ stored: 0, duplicates: 0, quarantined: 0, pending: 0, refused: [] });

/** Waits for the receipts of accepted events, and sums up their outcomes and those from ingest. */
async function settleAll(api: Api, plans: readonly Plan[], progress: Progress): Promise<Tally[]> {
  const giveUpAt = Date.now() + SETTLE_MS;
  const tallies: Tally[] = [];
  for (const { sent } of plans) {
    const tally = { ...emptyTally(), duplicates: sent.duplicates, refused: sent.refused };
    for (const { id } of sent.receipts) {
      const receipt = await settle(api, id, giveUpAt);
      for (const part of ["stored", "duplicates", "quarantined", "pending"] as const)
        tally[part] += receipt[part];
      progress.advance(receipt.accepted - receipt.pending);
    }
    tallies.push(tally);
  }
  return tallies;
}

async function settle(api: Api, id: string, giveUpAt: number): Promise<z.output<typeof receiptSchema>> {
  for (;;) {
    const receipt = await api.call("getReceipt", receiptSchema, { path: { receipt_id: id } });
    if (receipt.pending === 0 || Date.now() > giveUpAt) return receipt;
    await sleep(LOOK_MS);
  }
}
