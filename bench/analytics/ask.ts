/** Questions of the part `analytics`, asked through a function's handler. */
import { DAY_MS } from "../../lib/base/time.ts";
import type { Operation } from "../../lib/http/operation.ts";
import { handlerOf, makeClient } from "../handler.ts";
import { type Contender, type Measured, type Sample, valuesOf } from "../measure.ts";
import { pagesRead } from "../pages.ts";
import { type Random, randomFrom } from "../random.ts";
import type { Stored } from "../servers.ts";
import { DAYS } from "../spreads.ts";
import { format, formatMedian, quantile } from "../statistics.ts";

/** Queries of each kind in a repeat, per second of its length. */
const A_SECOND = 140;
export const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata"];
export type Query = Record<string, string>;
export interface Question {
  name: string;
  operation: Operation;
  query: (random: Random) => Query;
  /** By default `A_SECOND`. */
  aSecond?: number;
}

export const pick = <T>(random: Random, from: readonly T[]): T =>
  from[Math.floor(random() * from.length)] as T;

/** Random to the millisecond, so that nearly all ranges have ragged edges. */
export function range(random: Random, now: number): Query {
  const [a, b] = [random(), random()].sort() as [number, number];
  const at = (share: number): string => new Date(now - DAYS * DAY_MS * (1 - share)).toISOString();
  return { start: at(a), end: at(b) };
}

export interface Loaded extends Stored {
  ask: (operation: Operation, query: Query) => Promise<unknown>;
}

export async function open(stored: Stored): Promise<Loaded> {
  return { ...stored, ask: handlerOf(stored.deps, await makeClient(stored.deps, "boss", ["admin"])) };
}

export const nameOf = (question: string, events: number): string => `${question}, ${format(events)} stored`;

export function contender(
  { ask, events, deps }: Loaded,
  { name, operation, query, aSecond = A_SECOND }: Question,
): Contender {
  let round = 0;
  return {
    name: nameOf(name, events),
    run: async (seconds): Promise<Sample> => {
      const random = randomFrom(round++);
      const times: number[] = [];
      const before = await pagesRead(deps);
      for (let left = Math.ceil(seconds * aSecond); left > 0; left--) {
        const asked = query(random);
        const start = performance.now();
        await ask(operation, asked);
        times.push(performance.now() - start);
      }
      const pages = ((await pagesRead(deps)) - before) / times.length;
      return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), pages };
    },
  };
}

/** Medians of a question's quantities, for a table. */
export const quantities = (measured: Measured, name: string): string[] =>
  ["p50", "p99", "pages"].map((quantity) => formatMedian(valuesOf(measured, name, quantity)));
