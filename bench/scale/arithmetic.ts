/** Arithmetic of stores at scale: pure functions without figures of their own. */

/** Bytes of a page of PostgreSQL. */
export const PAGE = 8_192;
/** Number of slots that concurrent transactions add rollups to: lib/postgres/slot.ts. */
const SLOTS = 8;

export interface Senders {
  eventsPerSecond: number;
  clients: number;
  types: number;
  perRequest: number;
}

/**
 * Rollup rows a second of one grain, if requests arrive evenly over clients and independently of each other, and each event's
 * type is as likely as any. Clients that send unevenly share more rows, so this is the most for their number.
 * @param bucketS length of a bucket in seconds
 * @param writers transactions at the same time, each of which adds to rows of its own
 */
export function rollupRowsPerSecond(senders: Senders, bucketS: number, writers: number): number {
  const { eventsPerSecond, clients, types, perRequest } = senders;
  const requests = (eventsPerSecond / perRequest / clients) * bucketS;
  const withType = 1 - (1 - 1 / types) ** perRequest;
  const slots = Math.min(SLOTS, Math.max(1, writers));
  const rows = slots * (1 - Math.exp((-requests * withType) / slots));
  return (clients * types * rows) / bucketS;
}

/** Levels of a B-tree with this many entries, if inner pages hold as many as leaves do. A tree of one page has one level. */
export function treeLevels(entries: number, bytesPerEntry: number): number {
  const perPage = Math.max(2, Math.floor(PAGE / bytesPerEntry));
  let levels = 1;
  for (let pages = Math.ceil(entries / perPage); pages > 1; pages = Math.ceil(pages / perPage)) levels++;
  return levels;
}

/**
 * Different pages that random writes touch. The first change of each after a checkpoint writes it to the WAL.
 * @param pages of the index @param writes until the next checkpoint
 */
export const pagesTouched = (pages: number, writes: number): number =>
  pages * (1 - Math.exp(-writes / pages));

export interface RandomWal {
  /** WAL of an event without full pages of the index, in bytes. */
  base: number;
  /** Bytes of a full page in the WAL. */
  page: number;
  /** Pages of the index. */
  pages: number;
  eventsPerSecond: number;
  /** WAL and seconds after which a checkpoint begins. */
  maxWal: number;
  timeoutS: number;
}

/** WAL of an event whose id is random, in bytes: a checkpoint comes the sooner the more there is of it. */
export function randomWalBytes({ base, page, pages, eventsPerSecond, maxWal, timeoutS }: RandomWal): number {
  let bytes = base;
  for (let n = 0; n < 50; n++) {
    const writes = Math.min(maxWal / bytes, eventsPerSecond * timeoutS);
    bytes = base + (pagesTouched(pages, writes) * page) / writes;
  }
  return bytes;
}

export interface Day {
  day: number;
  /** Days of events that are stored, at the end of the day. */
  storedDays: number;
  /** Days whose events were deleted on this day. */
  deletedDays: number;
  /** Transaction ids used so far, and since the last freeze. */
  transactions: number;
  transactionAge: number;
  /** Vacuums against wraparound so far. */
  freezes: number;
}

export interface Rules {
  retentionDays: number;
  transactionsPerDay: number;
  /** `autovacuum_freeze_max_age`. */
  freezeAge: number;
}

/** Day by day: weeks are deleted as maintenance does it, when all of a week is past the retention. */
export function* days(
  { retentionDays, transactionsPerDay, freezeAge }: Rules,
  last: number,
): Generator<Day, void> {
  let [storedDays, deleted, transactions, transactionAge, freezes] = [0, 0, 0, 0, 0];
  for (let day = 1; day <= last; day++) {
    storedDays++;
    let deletedDays = 0;
    // The week that began on the day after `deleted` ends seven days later.
    for (; deleted + 7 <= day - retentionDays; deleted += 7) deletedDays += 7;
    storedDays -= deletedDays;
    transactions += transactionsPerDay;
    transactionAge += transactionsPerDay;
    for (; transactionAge >= freezeAge; transactionAge -= freezeAge) freezes++;
    yield { day, storedDays, deletedDays, transactions, transactionAge, freezes };
  }
}
