/** The measured figures that the projection is made of, from bench/results.json. */
import type { Times } from "../parts/cost.ts";
import type { Results } from "../report.ts";
import { mean } from "../statistics.ts";
import { DENSITIES, packedDay } from "./packed.ts";
import { WORKLOADS, type WorkloadName } from "./workloads.ts";

/** Parts of the store, and the measured sizes that each consists of. */
export const PARTS = {
  events: ["events"],
  "index of events by client and time": ["events_client_time_id", "events_time"],
  ledger: ["event_ledger"],
  "its unique index": ["event_ledger indexes"],
  feed: ["feed", "feed indexes"],
  receipts: ["receipts", "receipts indexes"],
  audit: ["audit_log", "audit_log indexes", "audit_personal", "audit_personal indexes"],
} as const;
export type PartName = keyof typeof PARTS;

/** Days whose rollups are not packed yet: the present one, and the one before until maintenance has packed it. */
export const OPEN_DAYS = 2;

/** Length of a rollup's bucket, in seconds. */
export const GRAINS = { minute: 60, quarter: 900, hour: 3_600, day: 86_400 } as const;
type Grain = keyof typeof GRAINS;

/** Rows below which a table's size is mostly unused space of its pages. */
const LEAST_ROWS = 500;

/** What an event of a workload costs. Times are microseconds of processor time. */
export interface Measures {
  /** Bytes in the database, by part. */
  bytes: Record<PartName, number>;
  /** Bytes in the index by type that maintenance builds when a week is over, and the time to build it. */
  typeIndexBytes: number;
  typeIndexUs: number;
  /** Bytes of a row of each grain with its index entry. */
  rollupRowBytes: Record<Grain, number>;
  /** Bytes of a packed day, for each of `DENSITIES`. */
  packedDayBytes: number[];
  walBytes: number;
  /** To delete an event when it is past the retention. */
  deletionUs: number;
  deletionWalBytes: number;
  /** Transaction ids per batch of 1,000 events. */
  transactionsPerBatch: number;
  /** Bytes of Redis' memory for a remembered id, a waiting event with its share of a note, and a client. */
  seenBytes: number;
  waitingBytes: number;
  clientBytes: number;
  redisUs: number;
  ingestUs: number;
  workerUs: number;
  postgresUs: number;
}

/** @throws if a figure was not measured */
export function measuresOf(results: Results, workload: WorkloadName): Measures {
  const figures = results.scale?.figures ?? {};
  const optional = (of: WorkloadName, name: string): number | undefined => {
    // JSON has null for a NaN: a processor time that could not be read.
    const values = figures[`${of}: ${name}`]?.values.filter(Number.isFinite);
    return values && mean(values);
  };
  const measured = (name: string): number => {
    const value = optional(workload, name);
    if (value === undefined || !Number.isFinite(value))
      throw new Error(`No figure ${name} of ${workload}: run npm run bench -- --only scale.`);
    return value;
  };
  const sum = (names: readonly string[]): number => names.reduce((total, name) => total + measured(name), 0);
  const events = eventsOf(results, workload);
  const rowBytes = (grain: Grain): number => {
    const rows = measured(`rows of rollups_${grain}`);
    const enough = rows * events >= LEAST_ROWS || grain === "minute";
    return enough ? sum([`rollups_${grain}`, `rollups_${grain} indexes`]) / rows : rowBytes("minute");
  };
  return {
    bytes: Object.fromEntries(
      Object.entries(PARTS).map(([part, names]) => [part, sum(names)]),
    ) as Measures["bytes"],
    // Of the workloads whose weeks had too few events for this index, the sizes are those of `few`.
    typeIndexBytes: optional(workload, "index by type") ?? optional("few", "index by type") ?? Number.NaN,
    typeIndexUs:
      optional(workload, "index by type: µs") ?? optional("few", "index by type: µs") ?? Number.NaN,
    rollupRowBytes: {
      minute: rowBytes("minute"),
      quarter: rowBytes("quarter"),
      hour: rowBytes("hour"),
      day: rowBytes("day"),
    },
    packedDayBytes: DENSITIES.map((events) => figures[packedDay(events)]?.values[0] ?? Number.NaN),
    walBytes: measured("wal") + measured("walOfVacuum"),
    deletionUs: measured("deletion: µs"),
    deletionWalBytes: measured("deletion: WAL"),
    transactionsPerBatch: measured("transactions"),
    seenBytes: measured("memory of seen"),
    waitingBytes: measured("memory of stream") + measured("memory of notes") / WORKLOADS[workload].perRequest,
    clientBytes: measured("memory of clients"),
    redisUs: measured("redisAtIngestUs") + measured("redisAtWorkerUs"),
    ingestUs: measured("ingestUs"),
    workerUs: measured("workerUs"),
    postgresUs: measured("postgresUs"),
  };
}

/** Events that were stored of a workload. @throws if it was not measured */
export function eventsOf(results: Results, workload: WorkloadName): number {
  const [events] = results.scale?.figures[`${workload}: events stored`]?.values ?? [];
  if (events === undefined) throw new Error(`The bench has not measured the workload ${workload}.`);
  return events;
}

/** The times of a request of any number of events, between the measured ones in proportion. */
export function withSize(times: Times, size: number): Times {
  const known = [...times.request].toSorted(([a], [b]) => a - b);
  const below = known.findLast(([events]) => events <= size);
  const above = known.find(([events]) => events >= size);
  if (!below || !above) throw new Error(`No request of ${size} events lies between those measured.`);
  const share = above[0] === below[0] ? 0 : (size - below[0]) / (above[0] - below[0]);
  return { ...times, request: new Map([...known, [size, below[1] + share * (above[1] - below[1])]]) };
}
