/** Projects measured figures to a rate of events: what each part needs, after a year and when the first week is deleted. */
import { connectionBudget } from "../../serverless/connection-budget.ts";
import { HOURS, INFRA_PRICES, MULTI_AZ } from "../infra-prices.ts";
import { costOf, type Times } from "../parts/cost.ts";
import { ASSUMED } from "../prices.ts";
import { days, rollupRowsPerSecond, type Senders, treeLevels } from "./arithmetic.ts";
import { GRAINS, type Measures, OPEN_DAYS, PARTS, type PartName, withSize } from "./figures.ts";
import { LIMITS } from "./limits.ts";
import { bytesAt } from "./packed.ts";

const DAY_S = 86_400;
const YEAR = 365;
const MONTH_S = HOURS * 3_600;
const MS = 1_000;
const US = 1e6;

/** Settings of the stage `prod` in serverless.yml, and defaults of lib/config. */
export interface Settings {
  retentionDays: number;
  dedupWindowSeconds: number;
  queueMaxEvents: number;
  queueMaxBytes: number;
  /** Instances of functions other than ingest and the worker; each has a connection. */
  readers: number;
  ingestConcurrency: number;
  workerConcurrency: number;
  databaseMaxConnections: number;
  databaseSpareConnections: number;
  accountConcurrency: number;
  apiRequestsPerSecond: number;
}

export interface Projection {
  /** Bytes by part after a year. */
  bytes: Record<PartName | "index by type" | "packed days" | "rollups", number>;
  yearBytes: number;
  /** The most bytes, before the first week is deleted. */
  peakBytes: number;
  peakDays: number;
  walBytesPerDay: number;
  /** Seconds in which `max_wal_size` fills. */
  checkpointS: number;
  ledgerLevels: number;
  rollupRowsPerEvent: number;
  transactionsPerYear: number;
  freezesPerYear: number;
  weekBytes: number;
  typeIndexS: number;
  /** Seconds of one core in which maintenance deletes a day's events. */
  deletionS: number;
  postgresCores: number;
  ingestInstances: number;
  workerInstances: number;
  connections: number;
  /** Sentences of the connection budget. */
  faults: string[];
  redisSeenBytes: number;
  redisWaitingBytes: number;
  redisCores: number;
  redisNodes: number;
  /** Seconds without PostgreSQL until the queue of Redis is full. */
  outageS: number;
  dollars: { functions: number; redis: number; storage: number | undefined; database: number | undefined };
}

export interface Inputs {
  senders: Senders;
  measures: Measures;
  times: Times;
  settings: Settings;
}

/** Milliseconds of Lambda for a request, and for a worker's event with its share of message and batch. */
export function lambdaMs({ senders: { perRequest }, times }: Pick<Inputs, "senders" | "times">) {
  const processor = Math.min(1, (ASSUMED.ingestGib * 1_024) / ASSUMED.wholeProcessorMib);
  const request = (withSize(times, perRequest).request.get(perRequest) ?? Number.NaN) / processor;
  const batch = (times.batch + ASSUMED.workerNetworkMs) / LIMITS.batchEvents;
  return { request: request + ASSUMED.networkMs, event: batch + times.message / perRequest + times.event };
}

export function project(inputs: Inputs): Projection {
  const { senders, measures, times, settings } = inputs;
  const { eventsPerSecond, perRequest, clients } = senders;
  const ms = lambdaMs(inputs);
  const ingestInstances = Math.ceil(((eventsPerSecond / perRequest) * ms.request) / MS);
  const workerInstances = Math.ceil((eventsPerSecond * ms.event) / MS);

  const rows = Object.entries(GRAINS).map(([grain, seconds]) => ({
    rows: rollupRowsPerSecond(senders, seconds, workerInstances),
    bytes: measures.rollupRowBytes[grain as keyof typeof GRAINS],
  }));
  const rollupRows = sum(rows.map((row) => row.rows));
  const openBytes = sum(rows.map((row) => row.rows * row.bytes)) * DAY_S * OPEN_DAYS;
  const perSecond = {
    ...(Object.fromEntries(
      Object.keys(PARTS).map((part) => [part, measures.bytes[part as PartName] * eventsPerSecond]),
    ) as Record<PartName, number>),
    "index by type": measures.typeIndexBytes * eventsPerSecond,
    "packed days": packedBytesPerSecond(senders, measures),
  };
  const transactionsPerDay = ((eventsPerSecond * DAY_S) / LIMITS.batchEvents) * measures.transactionsPerBatch;
  const simulated = simulate(transactionsPerDay, settings.retentionDays);
  const bytes = {
    ...Object.fromEntries(
      Object.entries(perSecond).map(([part, rate]) => [part, rate * DAY_S * simulated.yearDays]),
    ),
    rollups: openBytes,
  } as Projection["bytes"];
  const bytesPerDay = sum(Object.values(perSecond)) * DAY_S;
  const postgresCores = (eventsPerSecond * measures.postgresUs) / US;

  const redisSeenBytes =
    measures.seenBytes * eventsPerSecond * settings.dedupWindowSeconds * LIMITS.windows +
    measures.clientBytes * clients;
  const outageS = Math.min(
    settings.queueMaxEvents / eventsPerSecond,
    settings.queueMaxBytes / (eventsPerSecond * measures.waitingBytes),
  );
  const redisCores = (eventsPerSecond * measures.redisUs) / US;
  const redisNodes = Math.max(1, Math.ceil(redisCores), Math.ceil(redisSeenBytes / LIMITS.redisNodeBytes));
  const { connections, faults } = budget(settings, ingestInstances, workerInstances);
  const yearBytes = bytesPerDay * simulated.yearDays + openBytes;
  return {
    bytes,
    yearBytes,
    peakBytes: bytesPerDay * simulated.peakDays + openBytes,
    peakDays: simulated.peakDays,
    walBytesPerDay: measures.walBytes * eventsPerSecond * DAY_S,
    checkpointS: LIMITS.maxWalBytes / (measures.walBytes * eventsPerSecond),
    ledgerLevels: treeLevels(
      eventsPerSecond * DAY_S * simulated.yearDays,
      measures.bytes["its unique index"],
    ),
    rollupRowsPerEvent: rollupRows / eventsPerSecond,
    transactionsPerYear: simulated.transactions,
    freezesPerYear: simulated.freezes,
    weekBytes: measures.bytes.events * eventsPerSecond * 7 * DAY_S,
    typeIndexS: (measures.typeIndexUs * eventsPerSecond * 7 * DAY_S) / US,
    deletionS: (measures.deletionUs * eventsPerSecond * DAY_S) / US,
    postgresCores,
    ingestInstances,
    workerInstances,
    connections,
    faults,
    redisSeenBytes,
    redisWaitingBytes: Math.min(settings.queueMaxBytes, settings.queueMaxEvents * measures.waitingBytes),
    redisCores,
    redisNodes,
    outageS,
    dollars: {
      functions: functionDollars(senders, times),
      redis: redisNodes * 2 * INFRA_PRICES["cache.m7g.large"].dollars * HOURS,
      storage:
        yearBytes <= LIMITS.rdsBytes
          ? (yearBytes / 2 ** 30) * INFRA_PRICES["gp3 of RDS"].dollars * MULTI_AZ
          : undefined,
      database:
        postgresCores <= LIMITS.databaseCores
          ? INFRA_PRICES["db.m7g.large"].dollars * HOURS * MULTI_AZ
          : undefined,
    },
  };
}

/** Bytes of packed days that a second's events add. */
export function packedBytesPerSecond(senders: Senders, { packedDayBytes }: Measures): number {
  // Maintenance packs the rollups of all writers into one row.
  const rows = rollupRowsPerSecond(senders, DAY_S, 1);
  return rows * bytesAt(senders.eventsPerSecond / rows, packedDayBytes);
}

/** A month of the API, Lambda, logs and SQS. */
function functionDollars({ eventsPerSecond, perRequest }: Senders, times: Times): number {
  const perMillion = Object.values(costOf(perRequest, withSize(times, perRequest)));
  return (sum(perMillion) * eventsPerSecond * MONTH_S) / 1e6;
}

function simulate(transactionsPerDay: number, retentionDays: number) {
  const result = { yearDays: 0, peakDays: 0, transactions: 0, freezes: 0 };
  const rules = { retentionDays, transactionsPerDay, freezeAge: LIMITS.freezeAge };
  for (const day of days(rules, retentionDays + 28)) {
    if (day.day === YEAR)
      Object.assign(result, {
        yearDays: day.storedDays,
        transactions: day.transactions,
        freezes: day.freezes,
      });
    result.peakDays = Math.max(result.peakDays, day.storedDays + day.deletedDays);
  }
  return result;
}

function budget(settings: Settings, ingest: number, worker: number) {
  const instances = { ingest, worker, others: settings.readers };
  const Resources = Object.fromEntries(
    Object.entries(instances).map(([FunctionName, ReservedConcurrentExecutions]) => [
      FunctionName,
      {
        Type: "AWS::Lambda::Function",
        Properties: { FunctionName, ReservedConcurrentExecutions, Environment: { Variables: {} } },
      },
    ]),
  );
  const { databaseMaxConnections, databaseSpareConnections, accountConcurrency } = settings;
  return connectionBudget(
    { Resources },
    { databaseMaxConnections, databaseSpareConnections, accountConcurrency },
  );
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);
