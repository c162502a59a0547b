/** What the sender needs from the runtime, besides what all of them have. */
export interface Platform {
  /** Lets the process exit while a timer runs. */
  unref(timer: ReturnType<typeof setTimeout>): void;
  /** Keeps the process alive. @returns a function that ends this */
  hold(): () => void;
  /** Called with the first event that has no outcome yet, and when there are none left. */
  watch(sender: Exiting, isBusy: boolean): void;
  /** Closes the sender on a signal, and then ends the process. @returns a function that ends this */
  onSignals(names: readonly string[], sender: Exiting): () => void;
  /** Most bytes of requests that the runtime completes after the page is gone; 0 if there are no pages. */
  keepaliveBytes: number;
}

/** A sender that is about to lose its process or page. */
export interface Exiting {
  /** Delivers its events, and gives up at the end of its exit time-out. */
  finish(): Promise<unknown>;
  /** Starts requests that outlive the page, as far as its limit allows. */
  hurry(): void;
  /** Delivers its events and takes no more. */
  close(): Promise<unknown>;
}

/** Delays are at most 2³¹ − 1 ms: longer ones would end at once. */
export const LONGEST_DELAY_MS = 2 ** 31 - 1;
