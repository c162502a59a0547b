/** Stores a workload's events with the real ingest handler and worker, and measures what each event adds. */
import postgres from "postgres";
import type { Deps } from "../../lib/app/connect.ts";
import { DAY_MS } from "../../lib/base/time.ts";
import { nothingDeleted } from "../../lib/maintenance/deleted.ts";
import { deleteExpired, hideExpired } from "../../lib/maintenance/retention.ts";
import { newSteps } from "../../lib/postgres/lock-retry.ts";
import { ensureIndexes } from "../../lib/storage/indexes.ts";
import { empty } from "../fill.ts";
import { ingestAs, makeClients, postOf } from "../handler.ts";
import type { Bench } from "../part.ts";
import { processorMs } from "../processor.ts";
import { type Counters, countersOf, memoryOf, rowsOf, type Sizes, sizesOf, typeIndexOf } from "./sizes.ts";
import { Requests, WORKLOADS, type WorkloadName } from "./workloads.ts";

/** Steps of equal size after each of which everything is measured. */
export const STEPS = 5;
/** Events per batch of the worker. */
export const BATCH = 1_000;
/** Events that wait at the most: they are sent and stored in turn, so that latencies are not those of a long queue. */
export const WAITING = 10_000;
const SENDERS = 8;

/** What one step added. Times are microseconds of processor time per event. */
export interface Step {
  /** Events stored so far. */
  events: number;
  sizes: Sizes;
  /** Per event. */
  wal: number;
  walOfVacuum: number;
  fullPages: number;
  ingestUs: number;
  redisAtIngestUs: number;
  redisAtWorkerUs: number;
  workerUs: number;
  postgresUs: number;
  /** Transaction ids per batch of 1,000 events. */
  transactions: number;
}

export interface Measured {
  /** Sizes before the first event. */
  empty: Sizes;
  steps: Step[];
  rows: Awaited<ReturnType<typeof rowsOf>>;
  /** Bytes of Redis' memory: per remembered id, per waiting event, per waiting request, per client. */
  memory: { seen: number; stream: number; notes: number; clients: number };
  /** Of the index by type, per event of a week that is over; `us` of processor time to build it. Undefined if all weeks are too small for it. */
  typeIndex: { bytes: number; us: number } | undefined;
  /** Per event that maintenance deletes when its week is past the retention, and the VACUUM of the ledger afterwards. */
  expiry: { us: number; wal: number };
}

/** @param name of the workload @param stepEvents events of a step of a workload whose share is 1 */
export async function measure(bench: Bench, name: WorkloadName, stepEvents: number): Promise<Measured> {
  const workload = WORKLOADS[name];
  const events = Math.max(BATCH, Math.round((stepEvents * workload.share) / BATCH) * BATCH);
  const deps = await bench.servers.deps(`scale_${name}`, 2);
  const place = new Place(bench, deps, name, events * STEPS);
  await place.prepare();
  const before = await sizesOf(deps.sql);
  const steps: Step[] = [];
  for (let n = 1; n <= STEPS; n++) {
    bench.say(`${name}: ${n * events} events`);
    steps.push(await place.step(events));
  }
  const { seen, clients } = await memoryOf(deps);
  const stored = events * STEPS;
  const measured = {
    empty: before,
    steps,
    rows: await rowsOf(deps.sql),
    memory: { ...place.waiting, seen: seen / stored, clients: clients / place.activeClients },
    typeIndex: await place.buildTypeIndex(),
    expiry: await place.expire(),
  };
  await deps.redis.flushdb();
  return measured;
}

class Place {
  readonly #bench: Bench;
  readonly #deps: Deps;
  readonly #name: WorkloadName;
  readonly #requests: Requests;
  readonly #posts = new Map<number, ReturnType<typeof postOf>>();
  #secrets: string[] = [];
  #stored = 0;
  /** Bytes of Redis' memory per waiting event and per waiting request, once measured. */
  waiting = { stream: 0, notes: 0 };

  constructor(bench: Bench, deps: Deps, name: WorkloadName, total: number) {
    this.#bench = bench;
    this.#deps = deps;
    this.#name = name;
    this.#requests = new Requests(WORKLOADS[name], total);
  }

  get activeClients(): number {
    return this.#posts.size;
  }

  async prepare(): Promise<void> {
    await this.#deps.redis.flushdb();
    const ids = Array.from({ length: WORKLOADS[this.#name].clients }, (_, n) => `client-${n}`);
    this.#secrets = await makeClients(this.#deps, ids, ["ingest"]);
  }

  async step(events: number): Promise<Step> {
    const { sql } = this.#deps;
    const [database = 0, redis = 0] = this.#bench.servers.pids;
    const { perRequest } = WORKLOADS[this.#name];
    await this.#bench.settle();
    const begun = await countersOf(sql);
    const postgresMs = processorMs([database]);
    const us = { ingest: 0, redisAtIngest: 0, redisAtWorker: 0, worker: 0 };
    for (let done = 0; done < events; ) {
      const some = Math.min(WAITING, events - done);
      const [own, other] = [process.cpuUsage(), processorMs([redis])];
      await this.#send(some / perRequest);
      us.ingest += usSince(own);
      us.redisAtIngest += (processorMs([redis]) - other) * 1_000;
      if (this.#stored === 0 && done === 0) await this.#measureWaiting(some);
      const [ownNow, otherNow] = [process.cpuUsage(), processorMs([redis])];
      await empty(this.#deps, 1, BATCH / perRequest);
      us.worker += usSince(ownNow);
      us.redisAtWorker += (processorMs([redis]) - otherNow) * 1_000;
      done += some;
    }
    const postgresUs = (processorMs([database]) - postgresMs) * 1_000;
    const stored = await countersOf(sql);
    await this.#vacuum();
    this.#stored += events;
    return {
      events: this.#stored,
      sizes: await sizesOf(sql),
      ...perEvent(begun, stored, await countersOf(sql), events),
      ingestUs: us.ingest / events,
      redisAtIngestUs: us.redisAtIngest / events,
      redisAtWorkerUs: us.redisAtWorker / events,
      workerUs: us.worker / events,
      postgresUs: postgresUs / events,
    };
  }

  /** As maintenance does when a week is over, with its own function. */
  async buildTypeIndex(): Promise<Measured["typeIndex"]> {
    const [database = 0] = this.#bench.servers.pids;
    const before = processorMs([database]);
    await ensureIndexes(newSteps(this.#deps.sql), Date.now() + 14 * DAY_MS, []);
    const us = (processorMs([database]) - before) * 1_000;
    const { bytes, events } = await typeIndexOf(this.#deps.sql);
    return events > 0 ? { bytes: bytes / events, us: us / events } : undefined;
  }

  /** Deletes everything, as maintenance does when it is past the retention. */
  async expire(): Promise<Measured["expiry"]> {
    const { sql, config } = this.#deps;
    const [database = 0] = this.#bench.servers.pids;
    const now = Date.now() + (config.retentionDays + 14) * DAY_MS;
    const deleted = nothingDeleted();
    await this.#bench.settle();
    const [begun, ms] = [await countersOf(sql), processorMs([database])];
    await hideExpired(newSteps(sql), config, now);
    await deleteExpired(newSteps(sql), config, { now, graceMs: 0, deleted });
    await this.#vacuum();
    const us = (processorMs([database]) - ms) * 1_000;
    if (deleted.ledger !== this.#stored)
      throw new Error(`${deleted.ledger} of ${this.#stored} ids have expired.`);
    return { us: us / deleted.ledger, wal: ((await countersOf(sql)).wal - begun.wal) / deleted.ledger };
  }

  async #measureWaiting(events: number): Promise<void> {
    const { stream, notes } = await memoryOf(this.#deps);
    const { perRequest } = WORKLOADS[this.#name];
    this.waiting = { stream: stream / events, notes: (notes * perRequest) / events };
  }

  async #send(requests: number): Promise<void> {
    const send = ingestAs(this.#deps);
    let left = requests;
    const sender = async (): Promise<void> => {
      while (left-- > 0) {
        const { client, body } = this.#requests.next();
        const post = this.#posts.get(client) ?? postOf(this.#secrets[client] ?? "");
        this.#posts.set(client, post);
        await send(post, body);
      }
    };
    await Promise.all(Array.from({ length: SENDERS }, sender));
  }

  /** What autovacuum would do during a longer run, of tables with rows. It takes longer than a function's statement time-out. */
  async #vacuum(): Promise<void> {
    const patient = postgres(this.#deps.config.databaseUrl, { max: 1, onnotice: () => {} });
    const tables = await patient<{ name: string }[]>`
      SELECT relname AS name FROM pg_class
       WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND pg_relation_size(oid) > 0`;
    for (const { name } of tables) await patient`VACUUM ANALYZE ${patient(name)}`;
    await patient.end();
  }
}

function usSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

function perEvent(begun: Counters, stored: Counters, vacuumed: Counters, events: number) {
  return {
    wal: (stored.wal - begun.wal) / events,
    walOfVacuum: (vacuumed.wal - stored.wal) / events,
    fullPages: (stored.fullPages - begun.fullPages) / events,
    transactions: ((stored.transactions - begun.transactions) * BATCH) / events,
  };
}
