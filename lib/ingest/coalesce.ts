/**
 * Requests that arrive while others are on their way to Redis wait, and then go together in one call. The replies set the
 * pace: nothing waits for a timer, and a request that arrives when nothing is on its way goes at once, alone. So does one
 * that fills a call by itself: with 500 events in each request, waiting cost a quarter of the process's time more.
 */

/**
 * Two, so that Redis has work while the process handles the replies of the other call, and the reverse. With one, they would
 * work in turns; with more, calls would be smaller.
 */
const MOST_IN_FLIGHT = 2;

/**
 * Milliseconds after which an unanswered call no longer holds others back. If Redis or the connection hangs, a request must
 * fail or succeed about as soon as it would on its own.
 */
const STALLED_MS = 100;

interface Options<Request, Reply> {
  /**
   * Sends some requests, at least one, in one call.
   * @returns a reply for each request; if it rejects, each request has failed with that error
   */
  call: (requests: readonly Request[]) => Promise<readonly Reply[]>;
  /** What a request adds to a call's cost, in any unit. */
  costOf: (request: Request) => number;
  /** Maximum cost of a call. A request that costs more goes at once, in a call of its own. */
  mostCost: number;
}

interface Waiting<Request, Reply> {
  request: Request;
  cost: number;
  resolve: (reply: Reply) => void;
  reject: (error: unknown) => void;
}

export class Coalescer<Request, Reply> {
  readonly #options: Options<Request, Reply>;
  #waiting: Waiting<Request, Reply>[] = [];
  #inFlight = 0;
  #isDue = false;

  constructor(options: Options<Request, Reply>) {
    this.#options = options;
  }

  /** @throws the error of the call that the request was sent with */
  submit(request: Request): Promise<Reply> {
    const cost = this.#options.costOf(request);
    return new Promise((resolve, reject) => {
      // It would share a call with no other, so it has nothing to wait for.
      if (cost > this.#options.mostCost) {
        void this.#deliver([{ request, cost, resolve, reject }]);
        return;
      }
      this.#waiting.push({ request, cost, resolve, reject });
      if (this.#inFlight === 0 && this.#waiting.length === 1) this.#send();
      else this.#sendSoon();
    });
  }

  /** Sends at the end of this turn of the event loop, so that requests that arrive in one turn go together. */
  #sendSoon(): void {
    if (this.#isDue || this.#inFlight >= MOST_IN_FLIGHT) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      while (this.#waiting.length > 0 && this.#inFlight < MOST_IN_FLIGHT) this.#send();
    });
  }

  #send(): void {
    const together = this.#take();
    this.#inFlight++;
    let isCounted = true;
    const leave = (): void => {
      if (!isCounted) return;
      isCounted = false;
      this.#inFlight--;
      if (this.#waiting.length > 0) this.#sendSoon();
    };
    const stalled = setTimeout(leave, STALLED_MS);
    void this.#deliver(together).finally(() => {
      clearTimeout(stalled);
      leave();
    });
  }

  async #deliver(together: readonly Waiting<Request, Reply>[]): Promise<void> {
    try {
      const replies = await this.#options.call(together.map(({ request }) => request));
      for (const [n, { resolve }] of together.entries()) resolve(replies[n] as Reply);
    } catch (error) {
      for (const { reject } of together) reject(error);
    }
  }

  /** Removes the requests of one call, in the order in which they arrived. */
  #take(): Waiting<Request, Reply>[] {
    let count = 0;
    let cost = 0;
    for (const waiting of this.#waiting) {
      cost += waiting.cost;
      if (cost > this.#options.mostCost) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
