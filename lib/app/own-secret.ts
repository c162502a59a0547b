import type { Members } from "../aws/secrets.ts";

/** The shortest time from the end of an attempt to read the secret to the next one, in milliseconds. */
const PAUSE_MS = 2_000;

/** The secret of a function: read once, and again only when a server refuses what it contains. */
export class OwnSecret {
  readonly #read: () => Promise<Members>;
  #members: Members | undefined;
  #reading: Promise<Members> | undefined;
  #triedAt = Number.NEGATIVE_INFINITY;
  /** Why the last attempt failed. */
  #failure: unknown;

  constructor(read: () => Promise<Members>) {
    this.#read = read;
  }

  /**
   * A call that fails because of the secret asks several times, so a failure counts for a moment.
   * @throws if the secret has not been read yet and can't be read
   */
  async load(): Promise<Members> {
    if (this.#members !== undefined) return this.#members;
    if (this.#hasJustTried()) throw this.#failure;
    return this.#readNow();
  }

  /** Reads the secret again, unless that was a moment ago. If it can't be read, returns what it was. */
  async renew(): Promise<Members> {
    if (this.#members !== undefined && this.#hasJustTried()) return this.#members;
    try {
      return await this.#readNow();
    } catch (error) {
      if (this.#members === undefined) throw error;
      return this.#members;
    }
  }

  #readNow(): Promise<Members> {
    this.#reading ??= this.#readOnce().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  async #readOnce(): Promise<Members> {
    try {
      this.#members = await this.#read();
      return this.#members;
    } catch (error) {
      this.#failure = error;
      throw error;
    } finally {
      this.#triedAt = performance.now();
    }
  }

  #hasJustTried(): boolean {
    return performance.now() - this.#triedAt < PAUSE_MS;
  }
}
