/**
 * Names of all Redis keys of one shard. All have the hash tag `{shard number}`, so that a script's keys share a cluster
 * slot.
 */
export class Shard {
  readonly #prefix: string;
  /** Stream of messages that wait for the worker. */
  readonly queue: string;
  /** Stream of messages that no worker could process. */
  readonly dead: string;
  /** Hash: `events` and `bytes` of messages waiting, and the drain rate as an exponentially decaying sum (`rate`, `rate_at`). */
  readonly stats: string;
  /** Hash: receipt id to its note, as long as one of its messages waits; see `notesLua`. */
  readonly receipts: string;
  /** String: written by health checks to test whether the shard accepts writes. */
  readonly probe: string;
  /** Sorted set: receipt ids with a note, scored by the note's time in milliseconds. */
  readonly open: string;
  /** Hash: client id to the number of its waiting events. */
  readonly waiting: string;
  /**
   * Hash: whether the notes are complete (`done`), the server run for which that is known (`run`), since when it is unknown
   * (`since`, ms), and whether all notes may have been lost (`emptied`).
   */
  readonly counted: string;

  constructor(number: number) {
    this.#prefix = `weir:{${number}}:`;
    this.queue = `${this.#prefix}queue`;
    this.dead = `${this.#prefix}dead`;
    this.stats = `${this.#prefix}stats`;
    this.receipts = `${this.#prefix}receipts`;
    this.probe = `${this.#prefix}probe`;
    this.open = `${this.#prefix}open`;
    this.waiting = `${this.#prefix}waiting`;
    this.counted = `${this.#prefix}counted`;
  }

  /** KEYS of `notesLua`. */
  get notes(): string[] {
    return [this.receipts, this.open, this.waiting, this.stats];
  }

  /** Hash: receipt id to the outcomes of a recently settled request, for even (0) or odd (1) generations. */
  decided(parity: 0 | 1): string {
    return `${this.#prefix}decided:${parity}`;
  }

  /** Hash: cached data of an API key. @param hash SHA-256 of the key, base64url */
  apiKey(hash: string): string {
    return `${this.#prefix}key:${hash}`;
  }

  /** String: what is cached of a source of webhooks, as JSON, with its secrets. */
  webhookSource(name: string): string {
    return `${this.#prefix}webhook:${name}`;
  }

  /** Hash: whether a client is active, and its limits. */
  client(clientId: string): string {
    return `${this.#prefix}client:${clientId}`;
  }

  /** String: the client's theoretical arrival time (GCRA), in microseconds. */
  limit(clientId: string): string {
    return `${this.#prefix}limit:${clientId}`;
  }

  /** Prefix of hashes of event id to digest; the window's number follows, see `lookUpLua`. */
  seen(clientId: string): string {
    return `${this.#prefix}seen:${clientId}:`;
  }
}
