/** What declared meters cost the worker, from the queue to the commit, compared with the same events without meters. */

import type { z } from "zod";
import type { Deps } from "../../lib/app/connect.ts";
import type { newMeterSchema } from "../../lib/meters/declare-contract.ts";
import { createMeter } from "../../lib/meters/meters.ts";
import { drainSample } from "../drain-sample.ts";
import { TYPES } from "../events.ts";
import { makeClient } from "../handler.ts";
import { type Contender, interleave, type Measured, ratios, valuesOf } from "../measure.ts";
import type { Bench, Part, Section } from "../part.ts";
import { format, formatMedian, mean, median } from "../statistics.ts";

type NewMeter = z.output<typeof newMeterSchema>;

const [BATCH, AT_ONCE, PER_MESSAGE] = [1_000, 2, 100];
/** In one message each. */
const SMALL_BATCH = 50;
/**
 * The difference is smaller than what repeats of a second differ by. So contenders take short turns: what changes on the
 * machine for longer than that affects all equally, and there are many pairs.
 */
const TURNS_PER_REPEAT = 30;
const TURN_SECONDS = 0.1;
const TABLES = ["events", "event_ledger", "rollups", "meter_rollups", "receipts", "audit_log"];

const WITHOUT = "without meters";
/** Names of the contenders. */
const METERED = "three meters, each of one of five event types";
const METERED_BY_ALL = "three meters of each event type";
/** The most that meters may cost. */
const SLOWER = 0.05;

const VALUE = "payload.amount";
const COUNTRY = { name: "country", property: "payload.country" };
/** Events of the bench do not have it. */
const PLAN = { name: "plan", property: "payload.plan" };
/** What three meters keep. */
const KEPT: readonly Pick<NewMeter, "value" | "dimensions">[] = [
  { value: VALUE, dimensions: [COUNTRY] },
  { value: VALUE, dimensions: [COUNTRY, PLAN] },
  { value: VALUE, dimensions: [] },
];

/** Declares meters of a new client. @returns the secret of its key */
async function meteredClient(deps: Deps, name: typeof METERED | typeof METERED_BY_ALL): Promise<string> {
  const clientId = name === METERED ? "metered" : "metered-by-all";
  const secret = await makeClient(deps, clientId, ["ingest"]);
  for (const [n, kept] of KEPT.entries())
    for (const type of name === METERED ? TYPES.slice(n, n + 1) : TYPES)
      await createMeter(deps, {
        client_id: clientId,
        name: `${type.replace(".", "-")}-${n}`,
        event_type: type,
        uniques: false,
        ...kept,
      });
  return secret;
}

const small = (name: string): string => `${name}, batches of ${SMALL_BATCH}`;

export const meters: Part = {
  name: "meters",
  run: async (bench) => {
    const deps = await bench.servers.deps("meters", 4);
    const secrets: [string, string][] = [
      [WITHOUT, await makeClient(deps, "plain", ["ingest"])],
      [METERED, await meteredClient(deps, METERED)],
      [METERED_BY_ALL, await meteredClient(deps, METERED_BY_ALL)],
    ];
    await deps.sql`TRUNCATE ${deps.sql(TABLES)}`;
    // The client whose name is the last in order has the last page of each index, where PostgreSQL inserts faster: 2 to 4 %.
    const last = await makeClient(deps, "zebra", ["ingest"]);
    await drainSample({ deps, secret: last }, BATCH, AT_ONCE, { perRequest: PER_MESSAGE }, TURN_SECONDS);
    const contenders = secrets.flatMap(([name, secret]): Contender[] => {
      const place = { deps, secret };
      return [
        { name, run: (seconds) => drainSample(place, BATCH, AT_ONCE, { perRequest: PER_MESSAGE }, seconds) },
        {
          name: small(name),
          run: (seconds) => drainSample(place, SMALL_BATCH, 1, { perRequest: SMALL_BATCH }, seconds / 4),
        },
      ];
    });
    return toSection(await inTurns(bench, contenders));
  },
};

/**
 * Lets the servers settle once, not before each turn: a checkpoint would make all turns write whole pages. A first repeat does not
 * count: in it V8 compiles the code that only meters run, which a worker does once.
 */
async function inTurns({ scale, say, settle }: Bench, contenders: readonly Contender[]): Promise<Measured> {
  await settle();
  const repeats = (scale.repeats + 1) * TURNS_PER_REPEAT;
  const measured = await interleave(
    { scale: { ...scale, repeats, seconds: TURN_SECONDS }, say, settle: async () => {} },
    contenders,
  );
  return new Map(Array.from(measured, ([name, samples]) => [name, samples.slice(TURNS_PER_REPEAT)]));
}

/** Of each repeat what its turns come to. */
const perRepeat = (turns: readonly number[], of: (turns: readonly number[]) => number): number[] =>
  Array.from({ length: turns.length / TURNS_PER_REPEAT }, (_, repeat) =>
    of(turns.slice(repeat * TURNS_PER_REPEAT, (repeat + 1) * TURNS_PER_REPEAT)),
  );

function toSection(measured: Measured): Section {
  const rate = (name: string): number[] => perRepeat(valuesOf(measured, name, "perSecond"), median);
  const shareOfRate = (name: string, without: string): number[] =>
    perRepeat(ratios(measured, name, without), median);
  // The clock of processor time has ticks of 10 ms, so only sums of many turns are exact.
  const processor = (name: string): number[] => perRepeat(valuesOf(measured, name, "processorUs"), mean);
  const shareOfProcessor = (name: string, without: string): number[] => {
    const below = processor(without);
    return processor(name).map((us, repeat) => us / (below[repeat] ?? Number.NaN));
  };
  const row = (name: string, without: string): string[] => [
    name,
    formatMedian(rate(name)),
    `${formatMedian(shareOfRate(name, without), 100)} %`,
    `${formatMedian(shareOfProcessor(name, without), 100)} %`,
  ];
  const names = [WITHOUT, METERED, METERED_BY_ALL];
  const share = shareOfRate(METERED, WITHOUT);
  return {
    title: "Meters",
    text: [
      `Meters that measure a property, by up to two dimensions. The worker empties a full queue in batches of ${format(BATCH)} events, ${AT_ONCE} at once, and in batches of one message of ${SMALL_BATCH} events, one at a time. The contenders take turns of ${TURN_SECONDS} s, after a repeat that does not count; a repeat is ${TURNS_PER_REPEAT} turns, and its share the median of the turns' shares.`,
    ],
    tables: [
      {
        head: ["", "events per second", "share of the rate without meters", "share of the processor time"],
        rows: [
          ...names.map((name) => row(name, WITHOUT)),
          ...names.map((name) => row(small(name), small(WITHOUT))),
        ],
      },
    ],
    charts: [],
    goals: [
      {
        what: `worker, ${METERED}`,
        reach: `≤ ${SLOWER * 100} % slower than without meters`,
        got: `${formatMedian(share, 100)} % of the rate, ${formatMedian(shareOfProcessor(METERED, WITHOUT), 100)} % of the processor time`,
        reached: median(share) >= 1 - SLOWER,
        why: "for each event, cells take Node about 1.5 µs and their statement PostgreSQL about 1, of 45: docs/decisions/0046-measures-and-meters.md.",
      },
    ],
    figures: Object.fromEntries(
      names
        .flatMap((name) => [name, small(name)])
        .map((name) => [name, { unit: "events/s", values: rate(name) }]),
    ),
  };
}
