/** Generates realistic events, fast enough not to affect the measurement. */
import { randomBytes, randomUUID } from "node:crypto";
import { uuidv7 } from "../lib/base/ids.ts";

/** Types of the events, equally frequent. */
export const TYPES = [
  "order.placed",
  "order.paid",
  "order.shipped",
  "page.viewed",
  "user.signed-up",
] as const;
const COUNTRIES = ["de", "fr", "us", "in"] as const;

/** Prefix of ids that a constraint of the bench rejects. */
export const REFUSED = "refused-";

/** Different contents of events. */
const CONTENTS = 1_000;

/** Ids as people send them. */
export const ID_KINDS = {
  v7: "UUIDs of version 7, in order of time",
  v4: "UUIDs of version 4, random",
  text: "texts such as order-1001",
} as const;
export type IdKind = keyof typeof ID_KINDS;

/** Makes an id. @param n differs in each call */
export const idOf: Readonly<Record<IdKind, (ms: number, n: number) => string>> = {
  v7: (ms) => uuidv7(ms),
  v4: () => randomUUID(),
  text: (_ms, n) => `order-${n}`,
};

/** Request bodies with new ids each time: by default ascending UUIDs, like those of version 7. */
export class Bodies {
  readonly #kind: IdKind;
  readonly #prefix = uuidv7(Date.now()).slice(0, 24);
  readonly #contents = Array.from({ length: CONTENTS }, (_, n) => content(n));
  /** Number of rejected events that are due. */
  #due = 0;
  #next = randomBytes(4).readUInt32BE() * 2 ** 10;

  constructor(kind: IdKind = "v7") {
    this.#kind = kind;
  }

  /** One event of about 180 bytes. @param at timestamp of the event */
  one(at = new Date().toISOString()): string {
    return this.event(this.newId(), at);
  }

  /** A request of several events. */
  many(events: number): string {
    if (events === 1) return this.one();
    const at = new Date().toISOString();
    let body = `{"events":[${this.one(at)}`;
    for (let n = 1; n < events; n++) body += `,${this.one(at)}`;
    return `${body}]}`;
  }

  /**
   * A request with some events that the database rejects, see `REFUSED`.
   * @param share share of rejected events, spread evenly over all requests
   */
  withRefused(events: number, share: number): string {
    const at = new Date().toISOString();
    const one = (): string => {
      this.#due += share;
      if (this.#due < 1) return this.one(at);
      this.#due -= 1;
      return this.event(`${REFUSED}${this.newId()}`, at);
    };
    return `{"events":[${Array.from({ length: events }, one).join(",")}]}`;
  }

  newId(): string {
    this.#next++;
    if (this.#kind !== "v7") return idOf[this.#kind](0, this.#next);
    return `${this.#prefix}${this.#next.toString(16).padStart(12, "0")}`;
  }

  event(id: string, at: string): string {
    return `{"event_id":"${id}","timestamp":"${at}",${this.#contents[this.#next % CONTENTS]}}`;
  }
}

const content = (n: number): string =>
  `"event_type":"${TYPES[n % 5]}","payload":{"user":"u${n}","amount":${n % 500}.5,"country":"${COUNTRIES[n % 4]}"}`;
