import { backoff } from "./answer.ts";
import type { WaitOptions } from "./options.ts";
import { LONGEST_DELAY_MS } from "./platform.ts";

/** Milliseconds on a clock that nobody sets. */
export const now = (): number => performance.now();

/** `Promise.withResolvers`, which Node 20 lacks. */
export function withResolvers<T>() {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((whenDone, whenFailed) => {
    resolve = whenDone;
    reject = whenFailed;
  });
  return { promise, resolve, reject };
}

/** @throws the signal's reason, or a `TimeoutError`, by rejecting before the promise does */
export async function within(promise: Promise<unknown>, { signal, timeoutMs }: WaitOptions): Promise<void> {
  signal?.throwIfAborted();
  const { promise: over, reject } = withResolvers<never>();
  const onAbort = (): void => reject(signal?.reason);
  const onTimeout = (): void => reject(new DOMException("The time is up.", "TimeoutError"));
  const timer =
    timeoutMs === undefined ? undefined : setTimeout(onTimeout, Math.min(timeoutMs, LONGEST_DELAY_MS));
  signal?.addEventListener("abort", onAbort);
  try {
    await Promise.race([promise, over]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", onAbort);
  }
}

/** When the next request may start. */
export class Pace {
  readonly #limits: { minBackoffMs: number; maxBackoffMs: number };
  #until = 0;
  /** Consecutive failures of requests. */
  failures = 0;

  constructor(limits: { minBackoffMs: number; maxBackoffMs: number }) {
    this.#limits = limits;
  }

  /** Milliseconds until the next request may start, or not positive. */
  get wait(): number {
    return this.#until - now();
  }

  /**
   * @param failuresBefore when the request started: requests that fail together count as one failure
   * @param retryAfterMs the least wait that the server asks for
   * @returns the wait
   */
  fail(failuresBefore: number, retryAfterMs: number | undefined): number {
    this.failures = Math.max(this.failures, failuresBefore + 1);
    const jitter = backoff(this.failures, this.#limits);
    const wait = retryAfterMs === undefined ? jitter : retryAfterMs + Math.min(jitter, retryAfterMs / 10);
    this.#until = Math.max(this.#until, now() + wait);
    return wait;
  }
}
