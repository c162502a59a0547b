/** Repeats calls as the SDK's sender does: only what may succeed later, never before `Retry-After`, with jitter. */
import { setTimeout as sleep } from "node:timers/promises";
import { backoff } from "../../sdk/typescript/src/answer.ts";
import { WeirError } from "../../sdk/typescript/src/node.ts";
import { isTemporary, networkReason } from "../errors.ts";
import { note } from "../output/note.ts";

const BACKOFF = { minBackoffMs: 250, maxBackoffMs: 5_000 };
/** Most time that all waits of a call take, in milliseconds. */
const MOST_WAITED_MS = 30_000;
/** Most attempts without any response: a wrong address should not take long to say so. */
const MOST_SILENT = 3;

/**
 * @param safe whether the call may be repeated although an earlier attempt may have been carried out
 * @param signal ends the waiting
 */
export async function withRetries<T>(
  attempt: () => Promise<T>,
  safe: boolean,
  signal: AbortSignal,
): Promise<T> {
  let waited = 0;
  for (let failures = 1; ; failures++) {
    try {
      return await attempt();
    } catch (error) {
      const wait = waitAfter(error, failures, safe);
      if (wait === undefined || signal.aborted || waited + wait > MOST_WAITED_MS) throw error;
      waited += wait;
      const reason = error instanceof WeirError ? error.detail : `No response: ${networkReason(error)}.`;
      note(`${reason} Trying again in ${(wait / 1_000).toFixed(1)} s …`);
      await sleep(wait, undefined, { signal });
    }
  }
}

/** @returns milliseconds; undefined if repeating is useless or not safe */
function waitAfter(error: unknown, failures: number, safe: boolean): number | undefined {
  const jitter = backoff(failures, BACKOFF);
  if (!(error instanceof WeirError)) return safe && failures < MOST_SILENT ? jitter : undefined;
  // A call over the rate limit was not carried out.
  if (!(safe ? isTemporary(error.status) : error.status === 429)) return undefined;
  const { retryAfterMs } = error;
  return retryAfterMs === undefined ? jitter : retryAfterMs + Math.min(jitter, retryAfterMs / 10);
}
