/** A year of a client with many types whose events are rare: what days cost in other zones, and the room of rollups. */
import * as contract from "../../lib/analytics/contract.ts";
import { DAY_MS } from "../../lib/base/time.ts";
import { interleave, valuesOf } from "../measure.ts";
import type { Bench, Section } from "../part.ts";
import type { Random } from "../random.ts";
import { SPREADS } from "../spreads.ts";
import { format, formatMedian, median } from "../statistics.ts";
import { contender, nameOf, open, pick, type Query, type Question, quantities, ZONES } from "./ask.ts";
import { totalBytes } from "./bytes.ts";

/** A year by day in a zone at :30, compared with UTC; and rollups with packed days, as a share of the events' bytes. */
const ZONE_SLOWER = 3;
const ROLLUP_SHARE = 0.1;
const YEAR_ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata"] as const;
const yearByDay = (tz: string): string => `a year by day, ${tz}`;

/** A client with many types whose events are rare, asked about a year. */
const yearQuestions = (now: number): Question[] => {
  const days = SPREADS.year.days;
  const range = { start: new Date(now - days * DAY_MS).toISOString(), end: new Date(now).toISOString() };
  const monthOf = (random: Random): Query => {
    const end = now - Math.floor(random() * (days - 30)) * DAY_MS;
    return { start: new Date(end - 30 * DAY_MS).toISOString(), end: new Date(end).toISOString() };
  };
  return [
    ...YEAR_ZONES.map((tz) => ({
      name: yearByDay(tz),
      operation: contract.getSeries,
      query: () => ({ ...range, interval: "day", tz, client: "shop" }),
    })),
    {
      name: "a year by type",
      operation: contract.groupEvents,
      query: () => ({ ...range, by: "event_type", client: "shop" }),
    },
    {
      name: "a month by hour and type",
      operation: contract.getSeries,
      query: (random) => ({
        ...monthOf(random),
        interval: "hour",
        tz: pick(random, ZONES),
        by: "event_type",
        limit: "20",
        client: "shop",
      }),
    },
    {
      name: "latency of a year",
      // It merges 19,000 sketches.
      aSecond: 10,
      operation: contract.getLatency,
      query: () => ({ ...range, client: "shop" }),
    },
  ];
};

/** Sparse events of a year: what days cost in other zones, and the room of rollups. */
export async function ofYear(bench: Bench): Promise<Pick<Section, "tables" | "goals">> {
  const one = await open(await bench.servers.stored(bench.scale.year, { spread: "year" }));
  const asked = yearQuestions(one.until);
  const measured = await interleave(
    bench,
    asked.map((question) => contender(one, question)),
  );
  const p50Of = (name: string): number[] => valuesOf(measured, nameOf(name, one.events), "p50");
  const [utc, kolkata] = [p50Of(yearByDay("UTC")), p50Of(yearByDay("Asia/Kolkata"))];
  const slower = kolkata.map((ms, repeat) => ms / (utc[repeat] ?? Number.NaN));
  const bytes = await totalBytes(one);
  const share = (bytes.rollups + bytes.packed_days) / bytes.events;
  const { clients, types, days } = SPREADS.year;
  return {
    tables: [
      {
        caption: `${format(one.events)} events of ${clients.length} client and ${types.length} types over ${days} days, stored in ${Math.round(one.loadedInS)} s with the packing of days. Bytes per event with indexes: events ${format(bytes.events / one.events)}, rollups ${format(bytes.rollups / one.events)}, packed days ${format(bytes.packed_days / one.events)}.`,
        head: ["", "p50", "p99", "pages"],
        rows: asked.map(({ name }) => [name, ...quantities(measured, nameOf(name, one.events))]),
      },
    ],
    goals: [
      {
        what: "a year by day in Asia/Kolkata, p50",
        reach: `≤ ${ZONE_SLOWER} times the same in UTC`,
        got: `${formatMedian(slower)} times`,
        reached: median(slower) <= ZONE_SLOWER,
      },
      {
        what: "rollups and packed days of a year of sparse events, with indexes",
        reach: `≤ ${ROLLUP_SHARE * 100} % of the events' bytes`,
        got: `${format(share * 100)} %`,
        reached: share <= ROLLUP_SHARE,
      },
    ],
  };
}
