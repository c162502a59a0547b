/** What declared meters cost the worker, from the queue to the commit, compared with the same events without meters. */

import type { z } from "zod";
import type { Deps } from "../../lib/app/connect.ts";
import type { newMeterSchema } from "../../lib/meters/declare-contract.ts";
import { createMeter } from "../../lib/meters/meters.ts";
import { drainSample } from "../drain-sample.ts";
import { TYPES } from "../events.ts";
import { makeClient } from "../handler.ts";
import { type Contender, interleave, type Measured, ratios, valuesOf } from "../measure.ts";
import type { Part, Section } from "../part.ts";
import { format, formatMedian, median } from "../statistics.ts";

type NewMeter = z.output<typeof newMeterSchema>;

const [BATCH, AT_ONCE, PER_MESSAGE] = [1_000, 2, 100];
/** In one message each. */
const SMALL_BATCH = 50;
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
    const prepare = async (): Promise<void> => {
      await deps.sql`TRUNCATE ${deps.sql(TABLES)}`;
    };
    const contenders = secrets.flatMap(([name, secret]): Contender[] => {
      const place = { deps, secret, prepare };
      return [
        { name, run: (seconds) => drainSample(place, BATCH, AT_ONCE, { perRequest: PER_MESSAGE }, seconds) },
        {
          name: small(name),
          run: (seconds) => drainSample(place, SMALL_BATCH, 1, { perRequest: SMALL_BATCH }, seconds / 4),
        },
      ];
    });
    return toSection(await interleave(bench, contenders));
  },
};

function toSection(measured: Measured): Section {
  const rate = (name: string): number[] => valuesOf(measured, name, "perSecond");
  const row = (name: string, without: string): string[] => [
    name,
    formatMedian(rate(name)),
    `${formatMedian(ratios(measured, name, without), 100)} %`,
    `${formatMedian(ratios(measured, name, without, "processorUs"), 100)} %`,
  ];
  const names = [WITHOUT, METERED, METERED_BY_ALL];
  const share = ratios(measured, METERED, WITHOUT);
  return {
    title: "Meters",
    text: [
      `Meters that measure a property, by up to two dimensions. The worker empties a full queue in batches of ${format(BATCH)} events, ${AT_ONCE} at once, and in batches of one message of ${SMALL_BATCH} events, one at a time.`,
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
        got: `${formatMedian(share, 100)} % of the rate, ${formatMedian(ratios(measured, METERED, WITHOUT, "processorUs"), 100)} % of the processor time`,
        reached: median(share) >= 1 - SLOWER,
        why: "the repeats differ by more than the goal. Cells and their statement take 0.9 of about 24 ms of processor time for a batch: docs/decisions/0046-measures-and-meters.md.",
      },
    ],
    figures: Object.fromEntries(
      names
        .flatMap((name) => [name, small(name)])
        .map((name) => [name, { unit: "events/s", values: rate(name) }]),
    ),
  };
}
