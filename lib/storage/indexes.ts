/**
 * Indexes that the partitions of `events` get without a lock that would make writers wait (docs/decisions/0048): those of large
 * partitions after a migration, and one by type for weeks that have ended.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { DAY_MS } from "../base/time.ts";
import { type Steps, step, TimeUpError } from "../postgres/lock-retry.ts";
import { partitionEnd } from "./partitions.ts";
import {
  attachIndex,
  buildIndex,
  dropIndex,
  dropParentIndex,
  type FoundIndex,
  type IndexedTable,
  isBuilding,
  listIndexedTables,
  listParentIndexes,
  type PartitionIndex,
} from "./sql/indexes.ts";

/** Indexes of `events`, of which every partition has a part. Migration 0018 creates them. */
const PARTS = [
  {
    parent: "events_client_time_id",
    suffix: "client_time_id",
    definition: "(client_id, event_time, event_id)",
  },
  {
    parent: "events_time",
    suffix: "time",
    definition:
      "USING brin (event_time timestamptz_minmax_multi_ops) WITH (pages_per_range = 32, autosummarize = on)",
  },
] as const;

/** Finds the events of one type, of a client or of all. While a week is written, it would cost the worker an eighth of its time. */
const TYPES = {
  suffix: "type_client_time",
  definition: "(event_type, client_id, event_time, event_id)",
} as const;

/** Replaced by `events_client_time_id`. */
const OLD = "events_client_time";

/** Time after a week's end within which most of its late events arrive, in milliseconds. */
const CLOSED_AFTER_MS = DAY_MS;
/** Size of a partition, about 5,000 events, below which reading all of them is as fast. */
const LEAST_BYTES = 1_000_000;
/** Longest time of one statement, in milliseconds: some billion events. */
const LONGEST_MS = DAY_MS;

/**
 * Builds missing indexes of the partitions of `events`, those of the newest week first.
 * @param now milliseconds since the Unix epoch
 * @param built receives the names of indexes, so that they are also known if the time runs out
 * @throws {TimeUpError} also in the middle of an index, which the server then goes on to build without this process. Further runs
 * leave that to it
 */
export async function ensureIndexes(steps: Steps, now: number, built: string[]): Promise<void> {
  if (await isBuilding(steps.sql)) return;
  for (const table of await listIndexedTables(steps.sql))
    for (const index of wantedOf(table, now)) {
      if (table.indexes.some((one) => isBuilt(one, index))) continue;
      await build(steps, table, index);
      built.push(index.name);
    }
  const parents = await listParentIndexes(steps.sql);
  if (parents.has(OLD) && parents.get(PARTS[0].parent) === true)
    await step(steps, `drop ${OLD}`, (tx) => dropParentIndex(tx, OLD));
}

function wantedOf({ table, bytes }: IndexedTable, now: number): PartitionIndex[] {
  const parts = PARTS.map(({ suffix, ...rest }) => ({ table, name: `${table}_${suffix}`, ...rest }));
  const end = partitionEnd("events", table);
  if (end === undefined || end + CLOSED_AFTER_MS > now || bytes < LEAST_BYTES) return parts;
  return [...parts, { table, name: `${table}_${TYPES.suffix}`, definition: TYPES.definition }];
}

const isBuilt = (one: FoundIndex, { name, parent }: PartitionIndex): boolean =>
  one.valid && (parent === undefined ? one.name === name : one.parent === parent);

async function build(steps: Steps, { indexes }: IndexedTable, index: PartitionIndex): Promise<void> {
  const { name, parent } = index;
  const same = indexes.find((one) => one.name === name);
  if (same?.valid !== true) {
    // What building it has left that failed.
    if (same) await within(steps, `drop ${name}`, () => dropIndex(steps.sql, name, LONGEST_MS));
    await within(steps, `build ${name}`, () => buildIndex(steps.sql, index, LONGEST_MS));
  }
  if (parent !== undefined) await step(steps, `attach ${name}`, (tx) => attachIndex(tx, parent, name));
}

/**
 * Waits for a statement until the time is up; the server carries it out in any case.
 * @throws {TimeUpError}
 */
async function within({ endsAt, before }: Steps, name: string, run: () => Promise<unknown>): Promise<void> {
  if (endsAt <= Date.now()) throw new TimeUpError(`There was no time left for: ${name}.`);
  await before(name);
  const running = run().then(() => true);
  // If the connection ends first, nobody awaits it.
  running.catch(() => {});
  const isDone = await (endsAt < Number.POSITIVE_INFINITY
    ? Promise.race([running, sleep(Math.max(1, endsAt - Date.now()), false, { ref: false })])
    : running);
  if (!isDone) throw new TimeUpError(`The time was up during: ${name}.`);
}
