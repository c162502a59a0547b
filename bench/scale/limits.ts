/** Limits of others that the projection runs into, with where each is from. None was tried on AWS. */

const GIB = 2 ** 30;
const TIB = 2 ** 40;

export const LIMITS = {
  /** Events per batch of the worker, as the bench measured. */
  batchEvents: 1_000,
  /** Windows of seen ids that Redis holds at the most: two, and half of the quarter over which expiry is spread (decision 24). */
  windows: 2.125,
  /** 6.38 GiB of a cache.m7g.large (repositories that list node types, read in November 2026), less the quarter that ElastiCache reserves. */
  redisNodeBytes: 0.75 * 6.38 * GIB,
  /** vCPUs of db.m7g.large, the largest class with a price in bench/infra-prices.ts. */
  databaseCores: 2,
  /** Storage of the size `production` of infra/. */
  allocatedBytes: 100 * GIB,
  /** https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html */
  rdsBytes: 64 * TIB,
  /** 2^32 pages: https://www.postgresql.org/docs/current/limits.html */
  relationBytes: 32 * TIB,
  /** `max_wal_size` in infra/, and the default of `checkpoint_timeout`. */
  maxWalBytes: 4 * GIB,
  checkpointTimeoutS: 300,
  /** The default of `autovacuum_freeze_max_age`. */
  freezeAge: 200_000_000,
  /** Longest statement that builds an index, in seconds: see `lib/storage/indexes.ts`. */
  indexS: 86_400,
  /** Share of the time that hourly runs of maintenance have on AWS, where one may take 900 s. */
  maintenanceShare: 900 / 3_600,
} as const;
