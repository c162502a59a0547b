import { afterEach, expect, test } from "vitest";
import type { LiveMeter } from "../../../lib/meters/cells.ts";
import { forgetMeter, knownMeters, rememberMeter } from "../../../lib/meters/known-meters.ts";

const MOST = 1_000;
const meters = Array.from(
  { length: MOST + 1 },
  (_, n): LiveMeter => ({
    id: `meter-${n}`,
    client: `client-${n}`,
    type: "sold",
    value: null,
    dimensions: [],
  }),
);
const events = meters.map(({ client }) => ({ clientId: client }));

afterEach(() => {
  for (const meter of meters) forgetMeter(meter);
});

test("meters of 1,000 clients are kept, and those of the oldest client are forgotten first", () => {
  for (const meter of meters) rememberMeter(meter);
  expect(knownMeters(events)).toEqual(meters.slice(1));
});

test("a client's other meters stay known when one is forgotten", () => {
  const [first] = meters as [LiveMeter];
  const second = { ...first, id: "second" };
  for (const meter of [first, second]) rememberMeter(meter);
  forgetMeter(first);
  expect(knownMeters(events)).toEqual([second]);
  forgetMeter(second);
  expect(knownMeters(events)).toEqual([]);
});
