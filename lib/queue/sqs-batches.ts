/** Calls of SQS that take up to ten entries, of which each may fail by itself. */
import { setTimeout as sleep } from "node:timers/promises";

/** What became of an entry: the call's result for it, or why there is none. */
export type Outcome<R> = { result: R } | { refused: string; retryable: boolean; cause?: unknown };

interface Answer<R> {
  Successful?: R[] | undefined;
  Failed?:
    | {
        Id: string | undefined;
        SenderFault: boolean | undefined;
        Code: string | undefined;
        Message?: string | undefined;
      }[]
    | undefined;
}

type Call<E, R> = (entries: (E & { Id: string })[], signal: AbortSignal) => Promise<Answer<R>>;

const ENTRIES_PER_CALL = 10;
const ATTEMPTS = 4;
const ATTEMPT_MS = 2_000;
const FIRST_PAUSE_MS = 50;
/** After this long nothing is tried again, so that a request has its answer in time. */
const BUDGET_MS = 5_000;

/**
 * Makes the calls, all at once, and tries again what failed for no fault of its own: throttling, a time-out, an error of
 * the server. Never rejects.
 * @param maxBytes of the entries of one call, measured by `bytesOf`
 * @returns an outcome for each entry, in their order
 */
export async function callInBatches<E extends object, R extends { Id: string | undefined }>(
  entries: readonly E[],
  call: Call<E, R>,
  maxBytes = Number.POSITIVE_INFINITY,
  bytesOf: (entry: E) => number = () => 0,
): Promise<Outcome<R>[]> {
  const deadline = Date.now() + BUDGET_MS;
  const outcomes = new Map<string, Outcome<R>>();
  const named = entries.map((entry, position) => ({ ...entry, Id: String(position) }));
  await Promise.all(split(named, maxBytes, bytesOf).map((part) => persist(part, call, deadline, outcomes)));
  return named.map(({ Id }) => outcomes.get(Id) ?? { refused: "the queue did not answer", retryable: true });
}

function split<E>(entries: readonly E[], maxBytes: number, bytesOf: (entry: E) => number): E[][] {
  const parts: E[][] = [];
  let bytes = 0;
  for (const entry of entries) {
    const size = bytesOf(entry);
    const part = parts.at(-1);
    if (part === undefined || part.length === ENTRIES_PER_CALL || bytes + size > maxBytes) {
      parts.push([entry]);
      bytes = size;
    } else {
      part.push(entry);
      bytes += size;
    }
  }
  return parts;
}

async function persist<E extends object, R extends { Id: string | undefined }>(
  entries: readonly (E & { Id: string })[],
  call: Call<E, R>,
  deadline: number,
  outcomes: Map<string, Outcome<R>>,
): Promise<void> {
  let waiting = [...entries];
  for (let attempt = 1; ; attempt++) {
    let hopeless = false;
    try {
      const { Successful = [], Failed = [] } = await call(waiting, AbortSignal.timeout(ATTEMPT_MS));
      for (const result of Successful) outcomes.set(result.Id ?? "", { result });
      for (const { Id, SenderFault, Code, Message } of Failed)
        outcomes.set(Id ?? "", { refused: Message ?? Code ?? "no reason", retryable: SenderFault !== true });
    } catch (cause) {
      hopeless = !isPassing(cause);
      for (const { Id } of waiting) outcomes.set(Id, { refused: String(cause), retryable: true, cause });
    }
    waiting = waiting.filter(({ Id }) => mayPass(outcomes.get(Id)));
    // Between half of the pause and the whole, by chance, so that those throttled together do not come back together.
    const pauseMs = FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2);
    if (waiting.length === 0 || hopeless || attempt === ATTEMPTS || Date.now() + pauseMs > deadline) return;
    await sleep(pauseMs);
  }
}

const mayPass = (outcome: Outcome<unknown> | undefined): boolean =>
  outcome === undefined || ("retryable" in outcome && outcome.retryable);

/** Could the same call succeed in a moment? Whatever is no answer of SQS's (a broken connection, a time-out) could. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const client = "$fault" in error && error.$fault === "client";
  return !client || /Throttl|TooManyRequests|RequestLimit|SlowDown/i.test(error.name);
}
