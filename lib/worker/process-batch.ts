/**
 * The worker: stores a batch of messages, usually in one transaction. Whatever happens, a message is either settled
 * completely or left in the queue, and a second delivery changes nothing.
 */

import type { Log } from "../base/log.ts";
import type { Config } from "../config/config.ts";
import type { Intake } from "../ingest/intake.ts";
import type { GivenUp, SettledPart } from "../pending/notes.ts";
import type { Database, Transaction } from "../postgres/client.ts";
import { isRetryable } from "../postgres/errors.ts";
import { limitWaits } from "../postgres/lock-retry.ts";
import { pipelinedTransaction, planOnce } from "../postgres/transaction.ts";
import { ownerOf, placeName } from "../queue/message.ts";
import { batchSpan } from "./batch-span.ts";
import { type Content, type Delivered, type Parsed, parseBatch } from "./parse-batch.ts";
import { isAlreadyWritten, type Settled, settleBatch } from "./settle-batch.ts";
import { sumOf, type Tally } from "./settlement.ts";
import type { Store } from "./store.ts";
import { storeInPieces } from "./store-in-pieces.ts";

export interface WorkerDeps {
  config: Config;
  sql: Database;
  intake: Intake;
  log: Log;
}

/** Queue ids of a batch's unsettled messages. All others are settled. */
export interface Outcome {
  /** Messages that are themselves at fault. */
  failed: string[];
  /** Messages for which time ran out or the database failed; they are not at fault. */
  untried: string[];
  /** Resolves when Redis no longer counts the settled events as waiting, or has failed. Never rejects. */
  closing: Promise<void>;
}

/** Like `processBatch`, without a time limit. @returns `failed` */
export async function drain(delivered: readonly Delivered[], deps: WorkerDeps): Promise<string[]> {
  const { failed, untried } = await processBatch(delivered, deps, Number.POSITIVE_INFINITY);
  if (untried.length > 0)
    throw new Error(`The database failed before ${untried.length} messages were settled.`);
  return failed;
}

/**
 * Processes a batch, usually in one transaction.
 * @param endsAt when no further transaction begins and the last one is cancelled, in milliseconds since the Unix epoch
 * @throws if the database is unreachable or fails before anything is settled: then the batch is delivered again
 */
export async function processBatch(
  delivered: readonly Delivered[],
  deps: WorkerDeps,
  endsAt: number,
): Promise<Outcome> {
  const outcome = await processParsed(await parseBatch(delivered, deps.log), deps, endsAt);
  await outcome.closing;
  return outcome;
}

/** Like `processBatch`, for messages that have been parsed, and without waiting for `closing`. */
export async function processParsed(
  parsed: readonly Parsed[],
  deps: WorkerDeps,
  endsAt: number,
): Promise<Outcome> {
  const unreadable = parsed.flatMap(({ id, content }) => (content ? [] : id));
  const messages = parsed.flatMap(({ content }) => content ?? []);
  // Concurrently: settling does not wait for Redis.
  const counted = deps.intake
    .received(parsed.map(({ body }) => body))
    .catch((error: Error) => deps.log.warn("received-not-counted", { messages: parsed.length, error }));
  const tallies: Tally[] = [];
  const done = await batchSpan(
    parsed,
    deps.config,
    () => sumOf(tallies),
    () => processInPieces(messages, deps, endsAt, tallies),
  );
  await counted;
  const failed = [...unreadable, ...done.failed];
  const untried = new Set(done.untried);
  const tried = messages.filter(({ queueId }) => !untried.has(queueId));
  return { failed, untried: done.untried, closing: closeNotes(parsed, tried, failed, deps) };
}

/**
 * Processes messages in as few transactions as PostgreSQL's rejections allow.
 * @param tallies gets the outcomes of events of each transaction that is committed
 */
async function processInPieces(
  messages: readonly Content[],
  { sql, log, config }: WorkerDeps,
  endsAt: number,
  tallies: Tally[],
): Promise<Omit<Outcome, "closing">> {
  if (messages.length === 0) return { failed: [], untried: [] };
  // Copies of a message must be in one transaction, see `withoutRepeats`.
  const copies = [...Map.groupBy(messages, ({ place }) => placeName(place)).values()];
  const { failed, untried } = await storeInPieces(copies, {
    sql,
    log,
    endsAt,
    eventsOf: ([first]) => first?.lines.length ?? 0,
    process: async (piece, store) => {
      const limit = async (tx: Transaction): Promise<void> => {
        const left = Math.ceil(endsAt - Date.now());
        if (left < config.statementTimeoutMs) await limitWaits(tx, Math.max(1, left), Math.max(1, left));
      };
      const { rejected, tally } = await inTransaction(sql, piece.flat(), store, limit);
      tallies.push(tally);
      return rejected;
    },
  });
  const ids = (some: Content[][]): string[] => some.flat().map(({ queueId }) => queueId);
  return { failed: ids(failed), untried: ids(untried) };
}

/** Attempts at a transaction that fails with a deadlock or a serialization failure. */
const ATTEMPTS = 5;

async function inTransaction(
  sql: Database,
  messages: readonly Content[],
  store: Store,
  before: (tx: Transaction) => Promise<void>,
): Promise<Settled> {
  let isRepeated = messages.some(({ deliveries }) => deliveries > 1);
  for (let attempt = 1; ; attempt++) {
    try {
      return await pipelinedTransaction(sql, async (tx) => {
        await before(tx);
        // Sent together with the events.
        const [, ending] = await Promise.all([planOnce(tx), settleBatch(tx, messages, store, isRepeated)]);
        return ending;
      });
    } catch (error) {
      // For example, the messages of a request that Redis accepted twice, since its reply was lost.
      const isSurprise = !isRepeated && isAlreadyWritten(error);
      if (attempt === ATTEMPTS || !(isSurprise || isRetryable(error))) throw error;
      isRepeated ||= isSurprise;
    }
  }
}

/**
 * Until here Redis counts the events as waiting. If Redis is down, the next check of the notes finds in PostgreSQL that
 * they are settled.
 */
async function closeNotes(
  delivered: readonly Delivered[],
  messages: readonly Content[],
  failedIds: readonly string[],
  { config, intake, log }: WorkerDeps,
): Promise<void> {
  const failed = new Set(failedIds);
  const settled = messages.flatMap(({ header, lines, place, queueId }): SettledPart[] => {
    const clientId = header.accepted === undefined ? undefined : ownerOf(header);
    if (clientId === undefined || failed.has(queueId)) return [];
    return [{ place, clientId, events: lines.length }];
  });
  const byId = new Map(messages.map((message) => [message.queueId, message]));
  const dead = delivered
    .filter(({ id, deliveries }) => deliveries >= config.queueMaxDeliveries && failed.has(id))
    .map(({ id }): GivenUp => {
      const message = byId.get(id);
      const clientId = message?.header.accepted === undefined ? undefined : ownerOf(message.header);
      return message && clientId !== undefined
        ? { place: message.place, clientId }
        : { place: { id, part: 0 }, clientId: undefined };
    });
  await intake
    .settled(settled, dead)
    .catch((error: Error) => log.warn("notes-not-closed", { messages: settled.length, error }));
}
