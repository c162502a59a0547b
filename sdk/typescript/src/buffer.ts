import type { EncodedEvent } from "./event.ts";
import type { Delivery } from "./options.ts";

/** An event without an outcome. */
export interface Entry extends EncodedEvent {
  resolve(delivery: Delivery): void;
  reject(error: unknown): void;
  queuedAt: number;
  /** How often the event alone was refused for now. */
  refusals: number;
  /** How often a request with this event failed in a way that the event may have caused. */
  suspicions: number;
  /** Waits for room, and is not in the buffer yet. */
  waits: boolean;
}

/** What fits into a request. */
export interface BatchLimits {
  events: number;
  bytes: number;
}

/** Failures after which an event is sent with fewer others, to find out which of them makes requests fail. */
const SUSPICIOUS = 3;

/** All events without an outcome, and the queue of those that are not in a request. */
export class EventBuffer {
  readonly #limits: BatchLimits;
  readonly #unsettled = new Set<Entry>();
  #queue: Entry[] = [];
  #queuedBytes = 0;
  #events = 0;
  #bytes = 0;
  /** Events that wait for room, in their order. */
  #waiting: Entry[] = [];
  #ready: (() => void)[] = [];
  readonly #flushes = new Set<{ left: Set<Entry>; resolve: () => void }>();

  /** @param limits of the buffer */
  constructor(limits: BatchLimits) {
    this.#limits = limits;
  }

  get unsettled(): ReadonlySet<Entry> {
    return this.#unsettled;
  }
  /** Events and bytes in the buffer, in requests or not. */
  get size(): BatchLimits {
    return { events: this.#events, bytes: this.#bytes };
  }
  get queued(): BatchLimits {
    return { events: this.#queue.length, bytes: this.#queuedBytes };
  }
  get oldest(): Entry | undefined {
    return this.#queue[0];
  }
  get hasRoom(): boolean {
    return this.#events < this.#limits.events && this.#bytes < this.#limits.bytes;
  }

  /** Resolves when there is room. */
  ready(): Promise<void> {
    if (this.hasRoom) return Promise.resolve();
    return new Promise((resolve) => this.#ready.push(resolve));
  }

  /**
   * Resolves when all events that are here now have an outcome. It leaves their own promises alone, since whoever handles a
   * rejection there keeps the runtime from reporting it.
   */
  whenSettled(): Promise<void> {
    const left = new Set(this.#unsettled);
    if (left.size === 0) return Promise.resolve();
    return new Promise((resolve) => this.#flushes.add({ left, resolve }));
  }

  /** Adds a new event, which waits if there is no room. */
  add(entry: Entry): void {
    this.#unsettled.add(entry);
    entry.waits = !this.hasRoom || this.#waiting.length > 0;
    if (entry.waits) this.#waiting.push(entry);
    else this.#admit(entry);
  }

  #admit(entry: Entry): void {
    entry.waits = false;
    this.#events++;
    this.#bytes += entry.bytes;
    this.putBack([entry], "end");
  }

  /** Returns events to the queue; those that have an outcome meanwhile are left out. */
  putBack(entries: readonly Entry[], place: "start" | "end"): void {
    const open = entries.filter((entry) => this.#unsettled.has(entry));
    this.#queue = place === "start" ? [...open, ...this.#queue] : this.#queue;
    if (place === "end") this.#queue.push(...open);
    for (const { bytes } of open) this.#queuedBytes += bytes;
  }

  /** Takes the next request's events from the queue: at least one if there is any. */
  take(limits: BatchLimits, frameBytes: number): Entry[] {
    let bytes = frameBytes;
    let most = limits.events;
    let count = 0;
    for (const entry of this.#queue) {
      bytes += entry.bytes + 1;
      if (entry.suspicions >= SUSPICIOUS)
        most = Math.min(most, Math.max(1, limits.events >> Math.min(entry.suspicions - SUSPICIOUS + 1, 10)));
      if (count > 0 && (count >= most || bytes > limits.bytes)) break;
      count++;
    }
    const taken = this.#queue.splice(0, count);
    for (const entry of taken) this.#queuedBytes -= entry.bytes;
    return taken;
  }

  /** Records that an event has its outcome. @returns false if it had one before */
  settle(entry: Entry): boolean {
    if (!this.#unsettled.delete(entry)) return false;
    for (const flush of this.#flushes)
      if (flush.left.delete(entry) && flush.left.size === 0) {
        this.#flushes.delete(flush);
        flush.resolve();
      }
    if (!entry.waits) {
      this.#events--;
      this.#bytes -= entry.bytes;
    }
    this.#fill();
    return true;
  }

  /** Sends nothing more of what it holds. @returns all events without an outcome */
  drop(): Entry[] {
    this.#waiting = [];
    this.#queue = [];
    this.#queuedBytes = 0;
    return [...this.#unsettled];
  }

  #fill(): void {
    while (this.hasRoom) {
      const next = this.#waiting.shift();
      if (!next) break;
      this.#admit(next);
    }
    if (!this.hasRoom) return;
    for (const resolve of this.#ready.splice(0)) resolve();
  }
}
