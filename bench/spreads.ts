/** What databases are filled with. */
import type { IdKind } from "./events.ts";

export const CLIENTS = ["acme", "beta", "gamma", "delta"] as const;
export const TYPES = Array.from({ length: 10 }, (_, n) => `type.${n}`);
/** One event in `RARE_EVERY` has this type. */
export const RARE = "type.rare";
export const RARE_EVERY = 10_000;

/** Among which clients and types events are spread, evenly, and over how many days before the run. */
export interface Spread {
  clients: readonly string[];
  types: readonly string[];
  days: number;
}

/** Days over which most loaded events are spread. */
export const DAYS = 30;

export const SPREADS = {
  few: { clients: CLIENTS, types: TYPES, days: DAYS },
  many: {
    clients: Array.from({ length: 100_000 }, (_, n) => `client-${n}`),
    types: Array.from({ length: 10_000 }, (_, n) => `type.${n}`),
    days: DAYS,
  },
  /** So sparse that a quarter of an hour has about one event of a type. */
  year: { clients: ["shop"], types: Array.from({ length: 51 }, (_, n) => `type.${n}`), days: 365 },
} as const satisfies Record<string, Spread>;
export interface Loaded {
  events: number;
  /** The times of the events, in milliseconds. */
  from: number;
  to: number;
  ids: IdKind;
  spread: keyof typeof SPREADS;
}
