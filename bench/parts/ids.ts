/** What ids cost that are not in order of time: the worker on many stored events, by the kind of their ids. */
import type { Deps } from "../../lib/app/connect.ts";
import { drainSample } from "../drain-sample.ts";
import { ID_KINDS, type IdKind } from "../events.ts";
import { makeClient } from "../handler.ts";
import { type Contender, interleave, type Measured, ratios, valuesOf } from "../measure.ts";
import type { Bench, Part, Section } from "../part.ts";
import { format, formatMedian } from "../statistics.ts";

const KINDS = Object.keys(ID_KINDS) as IdKind[];
const BATCH = 1_000;
const WORKERS = 2;
const PER_MESSAGE = 100;

interface Sizes {
  /** Bytes per event of the ledger, and of its unique index. */
  table: number;
  index: number;
}

export const ids: Part = {
  name: "ids",
  run: async (bench) => {
    const events = bench.scale.stored.at(-1) ?? 0;
    const sizes = new Map<IdKind, Sizes>();
    const contenders: Contender[] = [];
    for (const kind of KINDS) {
      const { deps } = await bench.servers.stored(events, { ids: kind });
      sizes.set(kind, await sizesOf(deps));
      contenders.push(await contenderOf(deps, kind));
    }
    return toSection(await interleave(bench, contenders), sizes, events, await settingsOf(bench));
  },
};

async function contenderOf(deps: Deps, kind: IdKind): Promise<Contender> {
  const place = { deps, secret: await makeClient(deps, `ids-${kind}`, ["ingest"]) };
  const filling = { perRequest: PER_MESSAGE, ids: kind };
  return { name: kind, run: (seconds) => drainSample(place, BATCH, WORKERS, filling, seconds) };
}

async function sizesOf({ sql }: Deps): Promise<Sizes> {
  const [row] = await sql<Sizes[]>`
    SELECT pg_table_size('event_ledger') / count(*)::float8 AS "table",
           pg_indexes_size('event_ledger') / count(*)::float8 AS index FROM event_ledger`;
  return row ?? { table: 0, index: 0 };
}

/** The settings that decide what a write to a random place of an index costs. */
async function settingsOf({ servers }: Bench): Promise<string> {
  const { sql } = await servers.deps("ids_settings", 1);
  const rows = await sql<{ name: string; value: string }[]>`
    SELECT name, current_setting(name) AS value FROM unnest(ARRAY['shared_buffers', 'max_wal_size', 'wal_compression']) AS name`;
  return rows.map(({ name, value }) => `${name} ${value}`).join(", ");
}

function toSection(
  measured: Measured,
  sizes: ReadonlyMap<IdKind, Sizes>,
  events: number,
  settings: string,
): Section {
  const of = (kind: IdKind, quantity: string): string => formatMedian(valuesOf(measured, kind, quantity));
  return {
    title: "Ids",
    text: [
      `The worker, batches of ${format(BATCH)}, ${WORKERS} at once, with ${format(events)} events stored whose ids are of the same kind. The ledger's unique index has a key of 16 bytes: a UUID unchanged, any other id hashed. Keys in no order touch a page of the index each, and after a checkpoint each first change of a page writes the whole page to the WAL. PostgreSQL has ${settings}.`,
    ],
    tables: [
      {
        head: [
          "ids",
          "events per second",
          "share of version 7",
          "WAL bytes per event",
          "processor time per event in µs",
          "bytes of the ledger",
          "of its index",
        ],
        rows: KINDS.map((kind) => [
          ID_KINDS[kind],
          of(kind, "perSecond"),
          `${formatMedian(ratios(measured, kind, "v7"), 100)} %`,
          of(kind, "walBytes"),
          of(kind, "processorUs"),
          format(sizes.get(kind)?.table ?? 0),
          format(sizes.get(kind)?.index ?? 0),
        ]),
      },
    ],
    charts: [],
    goals: [],
    figures: Object.fromEntries(
      KINDS.map((kind) => [kind, { unit: "events/s", values: valuesOf(measured, kind, "perSecond") }]),
    ),
  };
}
