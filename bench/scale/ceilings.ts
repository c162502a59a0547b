/** What gives first: the rate at which each part reaches a limit, and what comes after it. */
import { LIMITS } from "./limits.ts";
import { type Inputs, lambdaMs, packedBytesPerSecond } from "./project.ts";

const DAY_S = 86_400;
const US = 1e6;

export interface Ceiling {
  what: string;
  /** The figure that says so, of the given inputs. */
  figure: string;
  /** Events per second from which it does not suffice. */
  eventsPerSecond: number;
  /** What to do in Weir, and which engine takes over; a dash if none has to. */
  next: string;
  engine: string;
}

/** Bytes in the database of an event with its share of packed days, of which there are as many as at the given rate. */
function storedBytes({ senders, measures }: Inputs): number {
  const parts = [...Object.values(measures.bytes), measures.typeIndexBytes];
  return (
    parts.reduce((sum, bytes) => sum + bytes, 0) +
    packedBytesPerSecond(senders, measures) / senders.eventsPerSecond
  );
}

/** In no order. @param format writes a number for `figure` */
export function ceilings(inputs: Inputs, format: (value: number) => string): Ceiling[] {
  const { senders, measures, settings } = inputs;
  const { perRequest } = senders;
  const ms = lambdaMs(inputs);
  const keptS = (settings.retentionDays + 7) * DAY_S;
  const stored = storedBytes(inputs);
  const rememberedS = settings.dedupWindowSeconds * LIMITS.windows;
  return [
    {
      what: "the allocated 100 GB",
      figure: `${format(stored)} bytes an event`,
      eventsPerSecond: LIMITS.allocatedBytes / keptS / stored,
      next: "allocate more, or a shorter retention",
      engine: "archive",
    },
    {
      what: "one day for a week's index by type",
      figure: `${format(measures.typeIndexUs)} µs an event`,
      eventsPerSecond: (LIMITS.indexS * US) / measures.typeIndexUs / (7 * DAY_S),
      next: "build it by hand, or partitions of a day",
      engine: "—",
    },
    {
      what: "deletion in hourly runs of maintenance",
      figure: `${format(measures.deletionUs)} µs and ${format(measures.deletionWalBytes)} bytes of WAL an event`,
      eventsPerSecond: (LIMITS.maintenanceShare * US) / measures.deletionUs,
      next: "run it outside of Lambda (`serve`)",
      engine: "—",
    },
    {
      what: "the 64 TiB that RDS can store",
      figure: `${format(stored)} bytes an event`,
      eventsPerSecond: LIMITS.rdsBytes / keptS / stored,
      next: "shorter retention, archive",
      engine: "Aurora, Citus",
    },
    {
      what: "the ledger: 32 TiB in one table",
      figure: `${format(measures.bytes.ledger)} bytes an event`,
      eventsPerSecond: LIMITS.relationBytes / keptS / measures.bytes.ledger,
      next: "a ledger in hash partitions; shorter retention",
      engine: "Citus",
    },
    {
      what: "`max_wal_size` fills before `checkpoint_timeout`",
      figure: `${format(measures.walBytes)} bytes of WAL an event`,
      eventsPerSecond: LIMITS.maxWalBytes / LIMITS.checkpointTimeoutS / measures.walBytes,
      next: "raise it; ids of version 7",
      engine: "Citus",
    },
    {
      what: "two vCPUs of PostgreSQL (`db.m7g.large`)",
      figure: `${format(measures.postgresUs)} µs an event`,
      eventsPerSecond: (LIMITS.databaseCores * US) / measures.postgresUs,
      next: "a larger class",
      engine: "Citus",
    },
    {
      what: "one core of Redis, `QUEUE=redis`",
      figure: `${format(measures.redisUs)} µs an event`,
      eventsPerSecond: US / measures.redisUs,
      next: "a cluster with `redisShards`; requests of more events",
      engine: "Kinesis, MSK",
    },
    {
      what: "the seen ids in one `cache.m7g.large`",
      figure: `${format(measures.seenBytes)} bytes an id, ${format(rememberedS)} s`,
      eventsPerSecond: LIMITS.redisNodeBytes / rememberedS / measures.seenBytes,
      next: "more nodes, or a shorter `DEDUP_WINDOW_SECONDS`",
      engine: "—",
    },
    {
      what: "the API's 10,000 requests a second",
      figure: `${format(perRequest)} events a request`,
      eventsPerSecond: settings.apiRequestsPerSecond * perRequest,
      next: "batches; function URL; a higher quota",
      engine: "—",
    },
    {
      what: `${format(settings.ingestConcurrency)} instances of ingest (\`prod\`)`,
      figure: `${format(ms.request)} ms of Lambda a request`,
      eventsPerSecond: ((settings.ingestConcurrency * 1_000) / ms.request) * perRequest,
      next: "batches; `ingestConcurrency`, a pooler",
      engine: "`serve` in containers",
    },
    {
      what: `${format(settings.workerConcurrency)} workers (\`prod\`)`,
      figure: `${format(ms.event * 1_000)} µs of Lambda an event`,
      eventsPerSecond: (settings.workerConcurrency * 1_000) / ms.event,
      next: "`workerConcurrency`, if the database has cores for them",
      engine: "—",
    },
  ];
}
