/** Who sends what in the part `scale`: the shapes of load whose bytes differ. */
import { uuidv7 } from "../../lib/base/ids.ts";
import { Bodies, type IdKind } from "../events.ts";

export interface Workload {
  /** One line for a table. */
  what: string;
  clients: number;
  /** Types of events of each client. */
  types: number;
  /** Events per request; all of a request are from one client and of one moment. */
  perRequest: number;
  /** Events per second of the events' own times, which decides how many share a rollup row. */
  eventsPerSecond: number;
  ids: IdKind;
  /** Events of this workload, relative to the others. */
  share: number;
}

const YEAR_S = 365 * 86_400;

/**
 * `perRequest` as senders have it: 100 is a server's own batch, 20 about the default of Segment's library for Node.js (15),
 * 10 a device that reports now and then, 1 a program without a library.
 */
export const WORKLOADS = {
  few: {
    what: "1 client, 5 types, requests of 100",
    clients: 1,
    types: 5,
    perRequest: 100,
    eventsPerSecond: 100,
    ids: "v7",
    share: 1,
  },
  random: {
    what: "the same with random ids (UUIDs of version 4)",
    clients: 1,
    types: 5,
    perRequest: 100,
    eventsPerSecond: 100,
    ids: "v4",
    share: 0.5,
  },
  many: {
    what: "1,000 clients, 20 types, requests of 20",
    clients: 1_000,
    types: 20,
    perRequest: 20,
    eventsPerSecond: 1_000,
    ids: "v7",
    share: 0.6,
  },
  sparse: {
    what: "20,000 clients, 51 types, requests of 10 spread over a year",
    clients: 20_000,
    types: 51,
    perRequest: 10,
    eventsPerSecond: 500_000 / YEAR_S,
    ids: "v7",
    share: 0.3,
  },
  single: {
    what: "1 client, 5 types, requests of 1",
    clients: 1,
    types: 5,
    perRequest: 1,
    eventsPerSecond: 100,
    ids: "v7",
    share: 0.1,
  },
} as const satisfies Record<string, Workload>;

export type WorkloadName = keyof typeof WORKLOADS;
export const WORKLOAD_NAMES = Object.keys(WORKLOADS) as WorkloadName[];

/** Makes the requests of a workload in order of their events' times, which end now. */
export class Requests {
  readonly #workload: Workload;
  readonly #ids: Bodies;
  readonly #stepMs: number;
  #at: number;

  /** @param events that will be made in total */
  constructor(workload: Workload, events: number) {
    this.#workload = workload;
    this.#ids = new Bodies(workload.ids);
    this.#stepMs = (workload.perRequest / workload.eventsPerSecond) * 1_000;
    this.#at = Date.now() - (events / workload.eventsPerSecond) * 1_000;
  }

  /** @returns the number of a client, and the body of its request */
  next(): { client: number; body: string } {
    const { clients, types, perRequest } = this.#workload;
    this.#at += this.#stepMs;
    const at = new Date(this.#at).toISOString();
    const one = (): string => {
      const n = Math.floor(Math.random() * 1_000);
      const id = this.#workload.ids === "v7" && clients > 1 ? uuidv7(Date.now()) : this.#ids.newId();
      return `{"event_id":"${id}","timestamp":"${at}","event_type":"type.${Math.floor(Math.random() * types)}","payload":{"user":"u${n}","amount":${n % 500}.5,"country":"de"}}`;
    };
    const body =
      perRequest === 1 ? one() : `{"events":[${Array.from({ length: perRequest }, one).join(",")}]}`;
    return { client: Math.floor(Math.random() * clients), body };
  }
}
