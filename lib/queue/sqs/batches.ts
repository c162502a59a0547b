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

/** Of an entry that the answer does not name. */
const NO_ANSWER = { refused: "the queue did not answer", retryable: true };

export type Call<E, R> = (entries: (E & { Id: string })[], signal: AbortSignal) => Promise<Answer<R>>;

const ENTRIES_PER_CALL = 10;
const ATTEMPTS = 4;
const ATTEMPT_MS = 2_000;
const FIRST_PAUSE_MS = 50;
/** After this long nothing is tried again, so that a request has its answer in time. */
const BUDGET_MS = 5_000;

/** `callEach`, for who needs all outcomes. Never rejects. */
export const callInBatches = <E extends object, R extends { Id: string | undefined }>(
  ...words: Parameters<typeof callEach<E, R>>
): Promise<Outcome<R>[]> => Promise.all(callEach(...words));

/**
 * Makes the calls, all at once, and tries again what failed for no fault of its own: throttling, a time-out, an error of
 * the server.
 * @param maxBytes of the entries of one call, measured by `bytesOf`
 * @returns an outcome for each entry, in their order, as soon as it is known; none of them rejects
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

/** @param settle told of each entry once, when it is not tried again */
async function persist<E extends object, R extends { Id: string | undefined }>(
  entries: readonly (E & { Id: string })[],
  call: Call<E, R>,
  deadline: number,
  settle: (id: string, outcome: Outcome<R>) => void,
): Promise<void> {
  let waiting = [...entries];
  for (let attempt = 1; ; attempt++) {
    const { outcomes, hopeless } = await tryOnce(waiting, call);
    // Between half of the pause and the whole, by chance, so that those throttled together do not come back together.
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

/** @returns also whether the call as a whole failed in a way that it would again */
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

/** Could the same call succeed in a moment? Whatever is no answer of SQS's (a broken connection, a time-out) could. */
function isPassing(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const client = "$fault" in error && error.$fault === "client";
  return !client || /Throttl|TooManyRequests|RequestLimit|SlowDown/i.test(error.name);
}
