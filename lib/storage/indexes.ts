/**
 * Indexes that the partitions of `events` get without a lock that would make writers wait (docs/decisions/0048): those of large
 * partitions after a migration, and one by type for weeks that have ended.
 */
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
/** For runs without an end. */
const LONGEST_MS = DAY_MS;

/**
 * Builds missing indexes of the partitions of `events`, those of the newest week first.
 * @param now milliseconds since the Unix epoch
 * @param built receives the names of indexes, so that they are also known if the time runs out
 * @throws {TimeUpError} also in the middle of an index; the next run begins that index again
 */
export async function ensureIndexes(steps: Steps, now: number, built: string[]): Promise<void> {
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
    // What a run that was cancelled has left.
    if (same) await within(steps, `drop ${name}`, (timeoutMs) => dropIndex(steps.sql, name, timeoutMs));
    await within(steps, `build ${name}`, (timeoutMs) => buildIndex(steps.sql, index, timeoutMs));
  }
  if (parent !== undefined) await step(steps, `attach ${name}`, (tx) => attachIndex(tx, parent, name));
}

/** @throws {TimeUpError} if no time is left, or if the server cancelled the statement since the time was up */
async function within(
  { endsAt, before }: Steps,
  name: string,
  run: (timeoutMs: number) => Promise<unknown>,
): Promise<void> {
  const left = Math.min(endsAt - Date.now(), LONGEST_MS);
  if (left <= 0) throw new TimeUpError(`There was no time left for: ${name}.`);
  await before(name);
  try {
    await run(Math.ceil(left));
  } catch (error) {
    if (Date.now() < endsAt) throw error;
    throw new TimeUpError(`The time was up during: ${name}.`, { cause: error });
  }
}
