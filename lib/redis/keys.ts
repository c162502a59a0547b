/**
 * Names of everything that one shard holds in Redis. All carry the hash tag `{number of the shard}`, so that one script's
 * keys share a slot of a cluster.
 */
export class Shard {
  readonly #prefix: string;
  /** Stream of messages that wait for the worker. */
  readonly queue: string;
  /** Stream of messages that no worker could process. */
  readonly dead: string;
  /** Hash: `events` waiting, and the drain rate as an exponentially decaying sum (`rate`, `rate_at`). */
  readonly stats: string;
  /** Hash: id of a message in SQS to its number of events. */
  readonly books: string;
  /** Sorted set: ids of messages in SQS by the time at which they were booked, in milliseconds. */
  readonly sent: string;
  /** Sorted set: ids of messages that left SQS lately, by the time, in milliseconds. */
  readonly done: string;
  /** Hash: receipt id to what a pending receipt says, as long as its message waits. */
  readonly receipts: string;
  /** Hash: client id to the number of events ever accepted. */
  readonly accepted: string;
  /** String: written by health checks to see whether the shard takes writes. */
  readonly probe: string;

  constructor(number: number) {
    this.#prefix = `weir:{${number}}:`;
    this.queue = `${this.#prefix}queue`;
    this.dead = `${this.#prefix}dead`;
    this.stats = `${this.#prefix}stats`;
    this.books = `${this.#prefix}books`;
    this.sent = `${this.#prefix}sent`;
    this.done = `${this.#prefix}done`;
    this.receipts = `${this.#prefix}receipts`;
    this.accepted = `${this.#prefix}accepted`;
    this.probe = `${this.#prefix}probe`;
  }

  /** Hash: what is known of an API key. @param hash SHA-256 of the key, base64url */
  apiKey(hash: string): string {
    return `${this.#prefix}key:${hash}`;
  }

  /** Hash: a client's switch and limits. */
  client(clientId: string): string {
    return `${this.#prefix}client:${clientId}`;
  }

  /** String: the client's theoretical arrival time (GCRA), in microseconds. */
  limit(clientId: string): string {
    return `${this.#prefix}limit:${clientId}`;
  }

  /** Hash: event id to digest, for windows with an even (0) or odd (1) number. */
  seen(clientId: string, parity: 0 | 1): string {
    return `${this.#prefix}seen:${clientId}:${parity}`;
  }
}
