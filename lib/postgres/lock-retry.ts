/**
 * Work on live tables in short transactions. While a statement waits for a table's exclusive lock, it blocks all later
 * statements; so a step waits only briefly, gives up, and tries again.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { type Database, silenceSeconds, type Transaction } from "./client.ts";
import { isRetryable, sqlState } from "./errors.ts";
import { transaction } from "./transaction.ts";

export interface Pace {
  /**
   * How long a step waits for a lock, and so the longest that others wait behind it. Less than PostgreSQL's
   * `deadlock_timeout` (1 s), so that if a step and a worker deadlock, the step gives up.
   */
  lockTimeoutMs: number;
  /** Attempts at a step that cannot get its lock, and the pause between them. */
  attempts: number;
  pauseMs: number;
  /** Time-out of each statement of a step. */
  statementTimeoutMs: number;
}

const PACE: Pace = { lockTimeoutMs: 300, attempts: 10, pauseMs: 1_000, statementTimeoutMs: 120_000 };

export interface Steps {
  sql: Database;
  /** When no further step begins and running ones are cancelled, in milliseconds since the Unix epoch. */
  endsAt: number;
  pace: Pace;
  /** Called with each step's name before it begins. */
  before: (name: string) => unknown;
}

/** @param options overrides; by default the run has no end and the usual pace */
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

/** The time is up. Committed work is kept, and the next run continues from there. */
export class TimeUpError extends Error {
  override name = "TimeUpError";
}

const LOCK_NOT_AVAILABLE = "55P03";
const QUERY_CANCELED = "57014";
/** An event was inserted into DEFAULT just before its partition was attached. */
const CHECK_VIOLATION = "23514";

/** True if the error is lock_not_available (55P03). */
export const isLocked = (error: unknown): boolean => sqlState(error) === LOCK_NOT_AVAILABLE;

const mayRetry = (error: unknown): boolean =>
  isLocked(error) || isRetryable(error) || sqlState(error) === CHECK_VIOLATION;

/**
 * Runs `work` in a transaction. `work` may run several times.
 * @throws {TimeUpError}
 * @throws an error for which `isLocked` is true if the lock was unavailable at every attempt
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

/** Sets the lock and statement time-outs until the transaction ends. */
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
