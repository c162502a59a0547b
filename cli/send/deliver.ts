/** Sends records with the SDK's sender, and records what becomes of each. */
import { type EventInput, type SendError, Sender, WeirError } from "../../sdk/typescript/src/node.ts";
import type { Access } from "../access/access.ts";
import { CliError, callError, networkReason } from "../errors.ts";
import { exitCodes } from "../exit-codes.ts";
import type { Ledger } from "./ledger.ts";
import type { InputRecord } from "./record.ts";

export interface DeliveryOptions {
  access: Access;
  ledger: Ledger;
  /** Records up to this one have an outcome from an earlier run. */
  done: number;
  /** How long to retry without any success, in milliseconds. */
  timeoutMs: number;
  /** Ends the delivery; requests in progress may still finish. */
  signal: AbortSignal;
  complete: (record: InputRecord) => EventInput;
  /** @param isLimit whether the reason is the rate limit */
  onRetry: (reason: string, isLimit: boolean) => void;
}

export interface Delivered {
  /** Records that were read, those of earlier runs included. */
  records: number;
  accepted: number;
  /** Accepted, but known from before. */
  duplicates: number;
  /** Read and neither accepted nor rejected. */
  notSent: number;
  /** What kept records from being sent. */
  error: CliError | undefined;
}

/** How long requests in progress may take after Ctrl-C, in milliseconds. */
const GRACE_MS = 3_000;
const WATCH_MS = 250;

/** A delivery in progress; its counts may be read at any time. */
export class Delivery {
  readonly #options: DeliveryOptions;
  readonly #sender: Sender;
  readonly #stop = new AbortController();
  #delivered = 0;
  #duplicates = 0;
  #records = 0;
  #outstanding = 0;
  #lastSuccess = performance.now();
  #lastReason = "no request has ended";
  #error: CliError | undefined;
  /** Ends the wait for room. */
  #wake: () => void = () => {};

  constructor(options: DeliveryOptions) {
    this.#options = options;
    const { url, key } = options.access;
    this.#sender = new Sender({
      url,
      key,
      onConfirmed: ({ duplicates }) => {
        this.#duplicates += duplicates;
      },
      onRetry: (cause) => {
        this.#lastReason = cause instanceof WeirError ? cause.detail : networkReason(cause);
        options.onRetry(this.#lastReason, cause instanceof WeirError && cause.status === 429);
      },
    });
    options.signal.addEventListener("abort", () => this.#stop.abort(), { once: true });
    this.#stop.signal.addEventListener("abort", () => this.#wake(), { once: true });
  }

  /** Aborted when nothing more is to be read: by the caller's signal, or an error that concerns all records. */
  get stopped(): AbortSignal {
    return this.#stop.signal;
  }
  get delivered(): number {
    return this.#delivered;
  }

  /** Sends all records, and waits for their outcomes. Never rejects because of the API. */
  async run(records: AsyncIterable<InputRecord>): Promise<Delivered> {
    const watch = setInterval(() => this.#watch(), WATCH_MS);
    try {
      for await (const record of records) {
        if (this.#stop.signal.aborted) break;
        await this.#add(record);
      }
    } catch (error) {
      // Reading was ended on purpose.
      if (!this.#stop.signal.aborted) throw error;
    } finally {
      await this.#finish();
      clearInterval(watch);
    }
    const { done, ledger } = this.#options;
    const notSent = this.#records - done - this.#delivered - ledger.rejected;
    return {
      records: this.#records,
      accepted: this.#delivered - this.#duplicates,
      duplicates: this.#duplicates,
      notSent: Math.max(0, notSent),
      error: this.#error,
    };
  }

  async #add(record: InputRecord): Promise<void> {
    this.#records = record.ordinal;
    const { done, ledger, complete } = this.#options;
    if (record.ordinal <= done) return;
    const { ordinal, line, text, fault } = record;
    const reject = (code: string | null, detail: string) =>
      ledger.settle(ordinal, { line, code, detail, record: text });
    if (fault !== undefined) return reject(null, fault);
    let event: EventInput;
    try {
      event = complete(record);
    } catch (error) {
      return reject(null, (error as Error).message);
    }
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      void this.#sender.ready().then(resolve);
    });
    if (this.#stop.signal.aborted) return;
    this.#outstanding++;
    this.#sender.send(event).then(
      () => {
        this.#succeed();
        this.#delivered++;
        ledger.settle(ordinal);
      },
      (error: SendError) => this.#fail(error, reject),
    );
  }

  #succeed(): void {
    this.#outstanding--;
    this.#lastSuccess = performance.now();
  }

  #fail(error: SendError, reject: (code: string | null, detail: string) => void): void {
    const { reason, fault, cause, message } = error;
    // A refusal without a fault of the event is one of the key or the address, and so of all events.
    const isOfAll = reason === "rejected" && !fault;
    if (isOfAll) {
      this.#error ??= callError(cause, this.#options.access.url);
      this.#stop.abort();
    }
    if (isOfAll || reason === "not-delivered" || reason === "closed" || reason === "buffer-full") {
      this.#outstanding--;
      return;
    }
    this.#succeed();
    reject(fault?.code ?? reason, fault ? faultText(fault) : message);
  }

  /** Gives up if nothing has succeeded for too long. */
  #watch(): void {
    if (this.#outstanding === 0) this.#lastSuccess = performance.now();
    const { timeoutMs, access } = this.#options;
    if (performance.now() - this.#lastSuccess < timeoutMs || this.#stop.signal.aborted) return;
    this.#error ??= new CliError(
      `${access.url} has accepted nothing for ${timeoutMs / 1_000} s: ${this.#lastReason}`,
      exitCodes.unreachable,
    );
    this.#stop.abort();
  }

  /** After a stop, only for what is in progress. */
  async #finish(): Promise<void> {
    await this.#sender.flush({ signal: this.#stop.signal }).catch(() => {});
    const isGraceful = this.#options.signal.aborted && this.#error === undefined;
    await this.#sender.close({ timeoutMs: this.#stop.signal.aborted && !isGraceful ? 1 : GRACE_MS });
  }
}

const faultText = ({ pointer, detail }: { pointer?: string; detail: string }): string =>
  pointer === undefined || pointer === "" ? detail : `${pointer}: ${detail}`;
