/**
 * Work on live tables in short transactions. A statement that asks for a table's exclusive lock stands in the way of all
 * that come after it, for as long as it waits itself; so a step waits for a moment only, gives up, and tries again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Database, silenceSeconds, type Transaction } from "./client.ts";
import { isRetryable, sqlState } from "./errors.ts";
import { transaction } from "./transaction.ts";

export interface Pace {
  /**
   * How long a step waits for a lock, and so the longest that others wait behind it. Less than PostgreSQL's
   * `deadlock_timeout` (1 s), so that of a step and a worker in each other's way it is the step that gives up.
   */
  lockTimeoutMs: number;
  /** Attempts at a step that gets no lock, and the pause between them. */
  attempts: number;
  pauseMs: number;
  /** Longest that one statement of a step may run. */
  statementTimeoutMs: number;
}

const PACE: Pace = { lockTimeoutMs: 300, attempts: 10, pauseMs: 1_000, statementTimeoutMs: 120_000 };

export interface Steps {
  sql: Database;
  /** When no step begins any more and those under way are cut off, in milliseconds since the Unix epoch. */
  endsAt: number;
  pace: Pace;
  /** Told of each step before it begins. */
  before: (name: string) => unknown;
}

/** @param options what differs from a run without an end, at the usual pace */
export const newSteps = (
  sql: Database,
  { pace, ...options }: Partial<Omit<Steps, "sql" | "pace">> & { pace?: Partial<Pace> } = {},
): Steps => ({
  sql,
  endsAt: Number.POSITIVE_INFINITY,
  before: () => {},
  ...options,
  pace: { ...PACE, ...pace },
});

/** The time is up; what has been committed is kept, and the next run goes on from there. */
export class TimeUpError extends Error {
  override name = "TimeUpError";
}

const LOCK_NOT_AVAILABLE = "55P03";
const QUERY_CANCELED = "57014";
/** An event came into DEFAULT just before a partition for it was attached. */
const CHECK_VIOLATION = "23514";

/** Was a lock not to be had? */
export const isLocked = (error: unknown): boolean => sqlState(error) === LOCK_NOT_AVAILABLE;

const mayRetry = (error: unknown): boolean =>
  isLocked(error) || isRetryable(error) || sqlState(error) === CHECK_VIOLATION;

/**
 * Commits what `work` does, or nothing of it. `work` may run several times.
 * @throws {TimeUpError}
 * @throws an error for which `isLocked` holds where somebody kept the lock at every attempt
 */
export async function step<T>(
  { sql, endsAt, pace, before }: Steps,
  name: string,
  work: (tx: Transaction) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const left = endsAt - Date.now();
    if (left <= 0) throw new TimeUpError(`There was no time left for: ${name}.`);
    await before(name);
    try {
      return await transaction(sql, async (tx) => {
        await limitWaits(tx, pace.lockTimeoutMs, Math.ceil(Math.min(left, pace.statementTimeoutMs)));
        return work(tx);
      });
    } catch (error) {
      if (sqlState(error) === QUERY_CANCELED && Date.now() >= endsAt)
        throw new TimeUpError(`The time was up during: ${name}.`, { cause: error });
      if (attempt >= pace.attempts || !mayRetry(error)) throw error;
    }
    await sleep(pace.pauseMs);
  }
}

/** Until the transaction ends: how long a statement waits for a lock, and how long it runs at the most. */
export async function limitWaits(
  tx: Transaction,
  lockTimeoutMs: number,
  statementTimeoutMs: number,
): Promise<void> {
  tx.silence(silenceSeconds(statementTimeoutMs));
  await tx`
    SELECT set_config('lock_timeout', ${String(lockTimeoutMs)}, true),
           set_config('statement_timeout', ${String(statementTimeoutMs)}, true)`;
}
