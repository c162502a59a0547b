/** SQS batch calls: up to ten entries each, and each entry can fail separately. */
import { setTimeout as sleep } from "node:timers/promises";

/** Outcome of an entry: the call's result, or why it failed. */
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

/** Outcome of an entry that is missing from the response. */
const NO_ANSWER = { refused: "the queue did not answer", retryable: true };

export type Call<E, R> = (entries: (E & { Id: string })[], signal: AbortSignal) => Promise<Answer<R>>;

const ENTRIES_PER_CALL = 10;
const ATTEMPTS = 4;
const ATTEMPT_MS = 2_000;
const FIRST_PAUSE_MS = 50;
/** No retries after this time, so that a request is answered in time. */
const BUDGET_MS = 5_000;

/** Like `callEach`, but resolves with all outcomes. Never rejects. */
export const callInBatches = <E extends object, R extends { Id: string | undefined }>(
  ...words: Parameters<typeof callEach<E, R>>
): Promise<Outcome<R>[]> => Promise.all(callEach(...words));

/**
 * Makes the calls concurrently and retries entries that failed through no fault of their own: throttling, a time-out,
 * a server error.
 * @param maxBytes most bytes of the entries of one call, measured by `bytesOf`
 * @returns a promise per entry, in their order, that resolves as soon as its outcome is known and never rejects
 */
export function callEach<E extends object, R extends { Id: string | undefined }>(
  entries: readonly E[],
  call: Call<E, R>,
  maxBytes = Number.POSITIVE_INFINITY,
  bytesOf: (entry: E) => number = () => 0,
): Promise<Outcome<R>>[] {
  const deadline = Date.now() + BUDGET_MS;
  const named = entries.map((entry, position) => ({ ...entry, Id: String(position) }));
  const outcomes = new Map(named.map(({ Id }) => [Id, Promise.withResolvers<Outcome<R>>()]));
  for (const part of split(named, maxBytes, bytesOf))
    void persist(part, call, deadline, (id, outcome) => outcomes.get(id)?.resolve(outcome));
  return [...outcomes.values()].map(({ promise }) => promise);
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

/** @param settle called once per entry, with its final outcome */
async function persist<E extends object, R extends { Id: string | undefined }>(
  entries: readonly (E & { Id: string })[],
  call: Call<E, R>,
  deadline: number,
  settle: (id: string, outcome: Outcome<R>) => void,
): Promise<void> {
  let waiting = [...entries];
  for (let attempt = 1; ; attempt++) {
    const { outcomes, hopeless } = await tryOnce(waiting, call);
    // Jitter: 50 to 100% of the pause, so that callers throttled together do not retry together.
    const pauseMs = FIRST_PAUSE_MS * 2 ** attempt * (0.5 + Math.random() / 2);
    const last = hopeless || attempt === ATTEMPTS || Date.now() + pauseMs > deadline;
    waiting = waiting.filter(({ Id }) => {
      const outcome = outcomes.get(Id) ?? NO_ANSWER;
      const again = !last && "retryable" in outcome && outcome.retryable;
      if (!again) settle(Id, outcome);
      return again;
    });
    if (waiting.length === 0) return;
    await sleep(pauseMs);
  }
}

/** @returns `hopeless`: the call itself failed, and would fail again */
async function tryOnce<E extends object, R extends { Id: string | undefined }>(
  entries: (E & { Id: string })[],
  call: Call<E, R>,
): Promise<{ outcomes: Map<string, Outcome<R>>; hopeless: boolean }> {
  const outcomes = new Map<string, Outcome<R>>();
  try {
    const { Successful = [], Failed = [] } = await call(entries, AbortSignal.timeout(ATTEMPT_MS));
    for (const result of Successful) outcomes.set(result.Id ?? "", { result });
    for (const { Id, SenderFault, Code, Message } of Failed)
      outcomes.set(Id ?? "", { refused: Message ?? Code ?? "no reason", retryable: SenderFault !== true });
    return { outcomes, hopeless: false };
  } catch (cause) {
    for (const { Id } of entries) outcomes.set(Id, { refused: String(cause), retryable: true, cause });
    return { outcomes, hopeless: !isPassing(cause) };
  }
}

/** True if a retry could succeed, as after any error without a response from SQS (a broken connection, a time-out). */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const client = "$fault" in error && error.$fault === "client";
  return !client || /Throttl|TooManyRequests|RequestLimit|SlowDown/i.test(error.name);
}
