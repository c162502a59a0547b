import { type Answer, backoff } from "./answer.ts";
import { type Entry, EventBuffer } from "./buffer.ts";
import { type Fault, SendError, type SendErrorReason, type WeirEvent } from "./errors.ts";
import { decodeEvent, type EventInput, encodeEvent, FRAME_BYTES } from "./event.ts";
import { Exchange } from "./exchange.ts";
import { type Delivery, type SenderOptions, type WaitOptions, withDefaults } from "./options.ts";
import { type Exiting, LONGEST_DELAY_MS, type Platform } from "./platform.ts";
import { now, Pace, within, withResolvers } from "./waiting.ts";

/**
 * Delivers events in batches. It retries what may succeed later, always with the same ids, so that each event counts once.
 * Retries end with success, with a refusal, or at the end of `close`.
 */
export class BaseSender {
  readonly #options: ReturnType<typeof withDefaults>;
  readonly #platform: Platform;
  readonly #exchange: Exchange;
  readonly #buffer: EventBuffer;
  readonly #exiting: Exiting;
  readonly #ignoreSignals: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #inFlight = 0;
  #flushing = 0;
  readonly #pace: Pace;
  /** Most bytes of a request that the server has not refused as too large. */
  #maxBytes: number;
  #lastCause: unknown;
  #closing: Promise<{ undelivered: WeirEvent[] }> | undefined;

  protected constructor(options: SenderOptions, platform: Platform) {
    this.#options = withDefaults(options);
    this.#platform = platform;
    this.#exchange = new Exchange(this.#options, platform.keepaliveBytes);
    const { maxBufferedEvents, maxBufferedBytes, maxBatchBytes, exitTimeoutMs } = this.#options;
    this.#buffer = new EventBuffer({ events: maxBufferedEvents, bytes: maxBufferedBytes });
    this.#maxBytes = maxBatchBytes;
    this.#pace = new Pace(this.#options);
    this.#exiting = {
      finish: () => this.#flushOrGiveUp({ timeoutMs: exitTimeoutMs }),
      hurry: () => this.#hurry(),
      close: () => this.close({ timeoutMs: exitTimeoutMs }),
    };
    this.#ignoreSignals = platform.onSignals(this.#options.closeOnSignals ?? [], this.#exiting);
  }

  /** Events and their bytes that have no outcome yet, without those waiting for room. */
  get buffered(): { events: number; bytes: number } {
    return this.#buffer.size;
  }

  /**
   * Sends an event. The event is read at once; later changes to it have no effect.
   * @returns a promise of its outcome, which resolves once the API has confirmed that the event is durably queued
   * @throws {SendError} by rejecting, if the event can't be delivered
   */
  send(input: EventInput): Promise<Delivery> {
    const { promise, resolve, reject } = withResolvers<Delivery>();
    if (this.#options.onUndelivered) promise.catch(() => {});
    try {
      const event = encodeEvent(input);
      const counters = { queuedAt: now(), refusals: 0, suspicions: 0, waits: false };
      this.#add({ ...event, ...counters, resolve, reject });
    } catch (error) {
      reject(error);
      this.#report(error as SendError);
    }
    return promise;
  }

  #add(entry: Entry): void {
    const { maxBatchBytes, whenFull } = this.#options;
    if (this.#closing) throw this.#error(entry, "closed", "The sender is closed.");
    if (entry.bytes + FRAME_BYTES > maxBatchBytes)
      throw this.#error(
        entry,
        "too-large",
        `The event has ${entry.bytes} bytes; a request ${maxBatchBytes}.`,
      );
    if (whenFull === "reject" && !this.#buffer.hasRoom)
      throw this.#error(entry, "buffer-full", "The sender's buffer is full.");
    if (this.#buffer.unsettled.size === 0) this.#platform.watch(this.#exiting, true);
    this.#buffer.add(entry);
    this.#pump();
  }

  /** Resolves when the buffer has room for an event. */
  ready(): Promise<void> {
    return this.#closing ? Promise.resolve() : this.#buffer.ready();
  }

  /**
   * Sends what is buffered without waiting for more, and resolves when each of these events has its outcome; the promises of
   * `send` tell which.
   * @throws the signal's reason, or a `TimeoutError`, by rejecting; the events stay in the buffer
   */
  async flush(options: WaitOptions = {}): Promise<void> {
    if (this.#buffer.unsettled.size === 0) return;
    const release = this.#platform.hold();
    this.#flushing++;
    this.#pump();
    try {
      await within(this.#buffer.whenSettled(), options);
    } finally {
      this.#flushing--;
      release();
    }
  }

  /**
   * Takes no more events, and delivers the buffered ones. Those without an outcome at the end of the time, by default 30 s,
   * reject with `not-delivered`.
   * @returns the events that were not delivered for lack of time
   */
  close({ timeoutMs = 30_000, ...others }: WaitOptions = {}): Promise<{ undelivered: WeirEvent[] }> {
    this.#closing ??= this.#close({ timeoutMs, ...others });
    return this.#closing;
  }

  async #close(options: WaitOptions): Promise<{ undelivered: WeirEvent[] }> {
    const undelivered = await this.#flushOrGiveUp(options);
    this.#ignoreSignals();
    return { undelivered };
  }

  async #flushOrGiveUp(options: WaitOptions): Promise<WeirEvent[]> {
    try {
      await this.flush(options);
      return [];
    } catch {
      this.#exchange.abort();
      const left = this.#buffer.drop();
      const message = "The time was up before the API confirmed the event.";
      for (const entry of left) this.#fail(entry, "not-delivered", message, { cause: this.#lastCause });
      this.#platform.watch(this.#exiting, false);
      return left.map(decodeEvent);
    }
  }

  /** Starts all requests that may start now, and sets a timer for the next one. */
  #pump(): void {
    clearTimeout(this.#timer);
    const { lingerMs, maxInFlight } = this.#options;
    // After a failure, one request finds out whether the server is back.
    while (this.#inFlight < (this.#pace.failures > 0 ? 1 : maxInFlight)) {
      const { oldest } = this.#buffer;
      if (!oldest) return;
      const linger = this.#isFull() || this.#flushing > 0 ? 0 : oldest.queuedAt + lingerMs - now();
      const wait = Math.max(this.#pace.wait, linger);
      if (wait > 0) {
        this.#timer = setTimeout(() => this.#pump(), Math.min(Math.ceil(wait), LONGEST_DELAY_MS));
        this.#platform.unref(this.#timer);
        return;
      }
      void this.#deliver(this.#buffer.take(this.#batchLimits(), FRAME_BYTES), false);
    }
  }

  #batchLimits(): { events: number; bytes: number } {
    return { events: Math.min(this.#options.maxBatchEvents, this.#exchange.quota), bytes: this.#maxBytes };
  }

  #isFull(): boolean {
    const { events, bytes } = this.#batchLimits();
    const { queued } = this.#buffer;
    return queued.events >= events || queued.bytes + queued.events + FRAME_BYTES >= bytes;
  }

  #hurry(): void {
    for (;;) {
      const bytes = Math.min(this.#maxBytes, this.#exchange.keepaliveBytes);
      const { oldest } = this.#buffer;
      if (!oldest || oldest.bytes + FRAME_BYTES + 1 > bytes || this.#pace.wait > 0) return;
      void this.#deliver(this.#buffer.take({ ...this.#batchLimits(), bytes }, FRAME_BYTES), true);
    }
  }

  /** @param urgent true if the request must start before this returns, as the page may end then */
  async #deliver(batch: Entry[], urgent: boolean): Promise<void> {
    const failuresBefore = this.#pace.failures;
    this.#inFlight++;
    const answer = await this.#exchange.send(batch, urgent);
    this.#inFlight--;
    this.#judge(batch, answer, failuresBefore);
    if (this.#buffer.unsettled.size === 0) this.#platform.watch(this.#exiting, false);
    this.#pump();
  }

  #judge(batch: Entry[], answer: Answer, failuresBefore: number): void {
    if (!batch.some((entry) => this.#buffer.unsettled.has(entry))) return;
    if (answer.kind === "settled") {
      this.#pace.failures = 0;
      this.#settle(batch, answer);
    } else if (answer.kind === "failed") {
      if (answer.suspect) for (const entry of batch) entry.suspicions++;
      // Events that may make requests fail do not keep the others waiting.
      this.#buffer.putBack(batch, answer.suspect ? "end" : "start");
      this.#pause(answer, failuresBefore);
    } else if (answer.kind === "too-large" && batch.length > 1) this.#shrink(batch);
    else this.#failAll(batch, answer.kind === "too-large" ? "too-large" : "rejected", answer.error);
  }

  #settle(batch: readonly Entry[], { accepted, faults, error }: Answer & { kind: "settled" }): void {
    const { onConfirmed } = this.#options;
    if (accepted && onConfirmed) queueMicrotask(() => onConfirmed(accepted));
    const again = batch.filter((_, index) => faults.get(index)?.retryable);
    for (const [index, entry] of batch.entries()) {
      const fault = faults.get(index);
      if (!fault) this.#confirm(entry, accepted?.receipt_id ?? "");
      else if (!fault.retryable) this.#fail(entry, "rejected", fault.detail, { fault, cause: error });
    }
    if (again.length > 0) this.#sendLater(again);
  }

  /** For events that were refused for now while others of their request were not. */
  #sendLater(entries: readonly Entry[]): void {
    for (const entry of entries) entry.refusals++;
    const refusals = Math.max(...entries.map((entry) => entry.refusals));
    const timer = setTimeout(
      () => {
        this.#buffer.putBack(entries, "end");
        this.#pump();
      },
      backoff(refusals, this.#options),
    );
    this.#platform.unref(timer);
  }

  #pause({ cause, retryAfterMs }: Answer & { kind: "failed" }, failuresBefore: number): void {
    const { onRetry } = this.#options;
    this.#lastCause = cause;
    const wait = this.#pace.fail(failuresBefore, retryAfterMs);
    if (onRetry) queueMicrotask(() => onRetry(cause, wait));
  }

  #shrink(batch: Entry[]): void {
    // If the rate limit's quota is the reason, the next request respects it.
    if (batch.length <= this.#exchange.quota) {
      const bytes = batch.reduce((sum, entry) => sum + entry.bytes + 1, FRAME_BYTES);
      this.#maxBytes = Math.max(1, Math.min(this.#maxBytes, Math.ceil(bytes / 2)));
    }
    this.#buffer.putBack(batch, "start");
  }

  #confirm(entry: Entry, receiptId: string): void {
    if (!this.#buffer.settle(entry)) return;
    entry.resolve({ event_id: entry.eventId, timestamp: entry.timestamp, receipt_id: receiptId });
  }

  #failAll(batch: readonly Entry[], reason: SendErrorReason, cause: Error): void {
    for (const entry of batch) this.#fail(entry, reason, cause.message, { cause });
  }

  #fail(
    entry: Entry,
    reason: SendErrorReason,
    message: string,
    about: { fault?: Fault; cause?: unknown },
  ): void {
    if (!this.#buffer.settle(entry)) return;
    const error = this.#error(entry, reason, message, about);
    entry.reject(error);
    this.#report(error);
  }

  #error(entry: Entry, reason: SendErrorReason, message: string, about: object = {}): SendError {
    return new SendError(reason, message, { ...about, event: decodeEvent(entry) });
  }

  /** In a task of its own: an error of the callback is the program's, and must not change what happens to events. */
  #report(error: SendError): void {
    const { onUndelivered } = this.#options;
    if (onUndelivered) queueMicrotask(() => onUndelivered(error));
  }
}
