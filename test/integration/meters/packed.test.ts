/** Meters whose days are packed: what is asked, what arrives late, what is filled and erased, while maintenance packs. */
import fc from "fast-check";
import { expect, test } from "vitest";
import * as contract from "../../../lib/analytics/contract.ts";
import { DAY_MS } from "../../../lib/base/time.ts";
import { eraseUser } from "../../support/erasures.ts";
import { askerOf } from "../../support/http/reading.ts";
import { type SimulatedEvent, workAt } from "../../support/maintenance.ts";
import {
  declareSum,
  eventAt,
  expectMeters,
  fillAll,
  fillOnePiece,
  NOW,
  packAt,
  TODAY,
} from "../../support/meters.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { sql } = deps;
const ask = await askerOf(deps, "shop");
const DAYS = 6;
const ZONES = ["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/St_Johns"];
const iso = (ms: number): string => new Date(ms).toISOString();
const declareTotal = (name: string): Promise<void> => declareSum(deps, name, ["set"]);

interface Asked {
  start: number;
  end: number;
  measure: string;
  tz: string;
  interval: string;
  grouped: boolean;
}
const question: fc.Arbitrary<Asked> = fc
  .record({
    start: fc.integer({ min: TODAY - DAYS * DAY_MS, max: NOW }),
    length: fc.integer({ min: 0, max: DAYS * DAY_MS }),
    onDays: fc.boolean(),
    measure: fc.constantFrom("sum", "avg", "min", "max", "latest"),
    tz: fc.constantFrom(...ZONES),
    interval: fc.constantFrom("hour", "day", "week"),
    grouped: fc.boolean(),
  })
  .map(({ start, length, onDays, ...rest }) => {
    const from = onDays ? Math.floor(start / DAY_MS) * DAY_MS : start;
    const to = onDays ? Math.ceil((start + length) / DAY_MS) * DAY_MS : start + length;
    return { ...rest, start: from, end: to };
  });

/** Expects a meter to answer what the property gives without a meter. */
async function expectSame(meter: string, { start, end, measure, tz, interval, grouped }: Asked) {
  const range = { client: "shop", start: iso(start), end: iso(end), measure };
  const raw = { ...range, property: "payload.n", event_type: "type-0" };
  const kept = { ...range, meter };
  const whole = (await ask(contract.countEvents, { query: kept })).body;
  expect(whole).toMatchObject(members((await ask(contract.countEvents, { query: raw })).body));
  const series = { interval, tz, ...(grouped && { by: "set", limit: "50" }) };
  const answer = await ask(contract.getSeries, { query: { ...kept, ...series } });
  expect(answer.body.series, answer.text).toBeDefined();
  const cells = answer.body.series as Cell[];
  if (!grouped) {
    const plain = (await ask(contract.getSeries, { query: { ...raw, interval, tz } })).body;
    expect(cells).toEqual(plain.series);
    return;
  }
  // By set, each condition apart.
  for (const set of [0, 1]) {
    const query = { ...raw, interval, tz, where: `payload.set=${set}` };
    const plain = (await ask(contract.getSeries, { query })).body.series as Cell[];
    const own = cells.filter(({ dimensions }) => dimensions?.set === set);
    expect(own.filter(({ count }) => count > 0).map(({ dimensions: _, ...cell }) => cell)).toEqual(
      plain.filter(({ count }) => count > 0),
    );
  }
}
interface Cell {
  dimensions?: { set?: number };
  count: number;
}
const members = ({ count, value, numbers, not_numbers }: Record<string, unknown>) => ({
  count,
  value,
  numbers,
  not_numbers,
});

type Step =
  | { kind: "store"; events: { ago: number; n: unknown; set: number; user: number }[] }
  | { kind: "redeliver" | "fill" | "pack" | "declare" }
  | { kind: "erase"; user: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("store" as const),
      events: fc.array(
        fc.record({
          ago: fc.integer({ min: 1, max: DAYS * DAY_MS }),
          n: fc.oneof(
            fc.integer({ min: -40, max: 40 }).map((n) => n / 8),
            fc.constantFrom("7", null),
          ),
          set: fc.integer({ min: 0, max: 1 }),
          user: fc.integer({ min: 0, max: 3 }),
        }),
        { minLength: 1, maxLength: 30 },
      ),
    }),
  },
  { weight: 3, arbitrary: fc.constant({ kind: "pack" as const }) },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("redeliver" as const, "fill" as const, "declare" as const)
      .map((kind) => ({ kind })),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("erase" as const), user: fc.integer({ min: 0, max: 3 }) }),
  },
);

const forgetAll = () => sql`UPDATE meters SET deleted_at = clock_timestamp() WHERE deleted_at IS NULL`;

/** A meter that is declared once, by a step or at last. */
function meterOf(name: string): {
  name: string;
  take: (step: Step) => Promise<void>;
  declare: () => Promise<void>;
} {
  let last: SimulatedEvent[] = [];
  let declared: Promise<void> | undefined;
  const declare = (): Promise<void> => {
    declared ??= declareTotal(name);
    return declared;
  };
  const take = async (step: Step): Promise<void> => {
    switch (step.kind) {
      case "store":
        last = step.events.map(({ ago, user, ...payload }) =>
          eventAt(NOW - ago, { ...payload, user: `u${user}` }),
        );
        return workAt(deps, "shop", NOW, last);
      case "redeliver":
        return workAt(deps, "shop", NOW, last);
      case "declare":
        return declare();
      case "fill":
        return fillAll(deps, 40);
      case "pack":
        return packAt(deps, NOW);
      case "erase":
        return eraseUser(deps, "shop", "payload.user", `u${step.user}`);
    }
  };
  return { name, take, declare };
}

test("is exact after every step, whatever was packed", { timeout: 240_000 }, async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 4, maxLength: 14 }),
      fc.array(question, { minLength: 3, maxLength: 3 }),
      async (steps, questions) => {
        await forgetAll();
        const { name, take, declare } = meterOf(`m${run++}`);
        for (const one of steps) {
          await take(one);
          await expectMeters(deps);
        }
        await declare();
        for (const kind of [undefined, "fill", "pack"] as const) {
          if (kind) await take({ kind });
          await expectMeters(deps);
          for (const asked of questions) await expectSame(name, asked);
        }
      },
    ),
    { numRuns: 25 },
  );
});

test("is exact while it is filled in part, and packed in part", { timeout: 60_000 }, async () => {
  await forgetAll();
  const events = Array.from({ length: 300 }, (_, n) =>
    eventAt(NOW - Math.floor(Math.random() * DAYS * DAY_MS), { n, set: n % 2 }),
  );
  await workAt(deps, "shop", NOW, events.slice(0, 200));
  await declareTotal("partly");
  // A worker adds these; they are packed before the fill comes to them.
  await workAt(deps, "shop", NOW, events.slice(200));
  await packAt(deps, NOW);
  const questions = fc.sample(question, { numRuns: 6 });
  for (let piece = 0; piece < 4; piece++) {
    await fillOnePiece(deps, "partly", 50);
    for (const asked of questions) await expectSame("partly", asked);
    await packAt(deps, NOW);
    for (const asked of questions) await expectSame("partly", asked);
  }
  await fillAll(deps, 1_000);
  await expectMeters(deps);
  for (const asked of questions) await expectSame("partly", asked);
});
