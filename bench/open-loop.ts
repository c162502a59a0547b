/** Sends requests at a fixed rate, independent of earlier responses, and measures when each event can be read. */
import { setTimeout as sleep } from "node:timers/promises";
import type postgres from "postgres";
import { Bodies } from "./events.ts";
import type { HttpClient } from "./http-client.ts";
import { quantile } from "./statistics.ts";

/** Approximate maximum of events to look up per second, since look-ups cost PostgreSQL time. */
const PROBES_A_SECOND = 250;
const LOOK_EVERY_MS = 3;
/** How long to wait for responses and events after the last arrival. */
const PATIENCE_MS = 10_000;

export interface Load {
  /** Events per second, and per request. */
  rate: number;
  perRequest: number;
  seconds: number;
}

export interface Arrived {
  sent: number;
  accepted: number;
  /** Milliseconds from the time a request was due to its 202, by request. */
  acceptedMs: number[];
  /** Milliseconds from the 202 until an event could be read, by sampled event. */
  queryableMs: number[];
  /** Sampled events that did not appear in time. */
  missing: number;
}

/**
 * A request is timed from when it was due, even if the sender was late, so that a slow response does not hide the delay of
 * the requests after it (no coordinated omission).
 * @param clientId client whose key is sent
 */
export async function openLoop(
  client: HttpClient,
  sql: postgres.Sql,
  clientId: string,
  { rate, perRequest, seconds }: Load,
): Promise<Arrived> {
  const bodies = new Bodies();
  const requests = Math.round((rate * seconds) / perRequest);
  const probeEvery = Math.max(1, Math.ceil(rate / perRequest / PROBES_A_SECOND));
  const arrived: Arrived = { sent: 0, accepted: 0, acceptedMs: [], queryableMs: [], missing: 0 };
  const lookout = new Lookout(sql, clientId);
  const start = performance.now();
  const pending = new Set<Promise<void>>();

  const send = async (index: number, due: number): Promise<void> => {
    const id = bodies.newId();
    const at = new Date().toISOString();
    const others = Array.from({ length: perRequest - 1 }, () => bodies.one(at));
    const first = bodies.event(id, at);
    const body = perRequest === 1 ? first : `{"events":[${[first, ...others].join(",")}]}`;
    arrived.sent += perRequest;
    const status = await client.post("/v1/events", body).catch(() => 0);
    if (status !== 202) return;
    const now = performance.now();
    arrived.accepted += perRequest;
    arrived.acceptedMs.push(now - due);
    if (index % probeEvery === 0) lookout.expect(id, now);
  };
  for (let index = 0; index < requests; ) {
    const elapsed = performance.now() - start;
    for (; index < requests && (index * perRequest * 1_000) / rate <= elapsed; index++) {
      const sending = send(index, start + (index * perRequest * 1_000) / rate);
      pending.add(sending);
      void sending.finally(() => pending.delete(sending));
    }
    await sleep(1);
  }
  await Promise.race([Promise.all(pending), sleep(PATIENCE_MS)]);
  await lookout.finish();
  return { ...arrived, queryableMs: lookout.times, missing: lookout.missing };
}

/** Polls for accepted events. */
class Lookout {
  readonly times: number[] = [];
  readonly #sql: postgres.Sql;
  readonly #clientId: string;
  readonly #expected = new Map<string, number>();
  readonly #looking: Promise<void>;
  #until = Number.POSITIVE_INFINITY;

  constructor(sql: postgres.Sql, clientId: string) {
    this.#sql = sql;
    this.#clientId = clientId;
    this.#looking = this.#look();
  }

  get missing(): number {
    return this.#expected.size;
  }

  expect(id: string, acceptedAt: number): void {
    this.#expected.set(id, acceptedAt);
  }

  /** Resolves when all have been found, or after the time-out. */
  finish(): Promise<void> {
    this.#until = performance.now() + PATIENCE_MS;
    return this.#looking;
  }

  async #look(): Promise<void> {
    while (performance.now() < this.#until) {
      if (this.#expected.size === 0 && this.#until < Number.POSITIVE_INFINITY) return;
      await sleep(LOOK_EVERY_MS);
      if (this.#expected.size === 0) continue;
      const rows = await this.#sql<{ id: string }[]>`
        SELECT event_key AS id FROM event_ledger
         WHERE event_key = ANY(${[...this.#expected.keys()]}::uuid[]) AND client_id = ${this.#clientId}`;
      const now = performance.now();
      for (const { id } of rows) {
        this.times.push(Math.max(0, now - (this.#expected.get(id) ?? now)));
        this.#expected.delete(id);
      }
    }
  }
}

/** Percentiles for the report: p50, p99 and p99.9, in milliseconds. */
export const percentiles = (times: readonly number[], name: string): Record<string, number> => ({
  [`${name} p50`]: quantile(times, 0.5),
  [`${name} p99`]: quantile(times, 0.99),
  [`${name} p99.9`]: quantile(times, 0.999),
});
