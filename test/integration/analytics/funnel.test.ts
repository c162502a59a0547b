import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { getFunnel } from "../../../lib/analytics/properties-contract.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { aRow, askerOf, insertRows } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const acme = await askerOf(deps, "acme");
await addClient(deps, "beta");

/** The number of keys that reach each step. */
const counts = async (body: object): Promise<number[]> =>
  ((await acme(getFunnel, { body })).body.steps as { count: number }[]).map(({ count }) => count);

interface Happened {
  id: string;
  type: string;
  user: string;
  /** Seconds. */
  at: number;
  n: number;
}
interface Step {
  event_type: string;
  where?: readonly string[];
}

const fits = (step: Step | undefined, { type, n }: Happened): boolean =>
  step?.event_type === type && (step.where === undefined || n >= 2);

/** Tries every possible chain. */
function furthest(events: readonly Happened[], steps: readonly Step[], window: number): number {
  const from = (index: number, step: number, start: number): number =>
    Math.max(
      step,
      ...events.slice(index).map((event, offset) => {
        const begun = step === 0 ? event.at : start;
        if (!fits(steps[step], event) || event.at - begun > window) return step;
        return from(index + offset + 1, step + 1, begun);
      }),
    );
  return from(0, 0, 0);
}

describe("POST /v1/analytics/funnel", () => {
  test("returns the result of trying every chain", async () => {
    const event = fc.record({
      id: fc.uuid(),
      type: fc.constantFrom("a", "b", "c"),
      user: fc.constantFrom('"u"', '"v"', "1", "null"),
      at: fc.integer({ min: 0, max: 12 }),
      n: fc.integer({ min: 0, max: 4 }),
    });
    const step = fc.record(
      { event_type: fc.constantFrom("a", "b", "c"), where: fc.constant(["payload.n>=2"]) },
      { requiredKeys: ["event_type"] },
    );
    const input = fc.record({
      events: fc.uniqueArray(event, { selector: ({ id }) => id, maxLength: 14 }),
      steps: fc.array(step, { minLength: 2, maxLength: 5 }),
      window: fc.integer({ min: 1, max: 13 }),
    });
    const base = Date.parse("2026-05-01T00:00:00Z");
    let run = 0;
    await fc.assert(
      fc.asyncProperty(input, async ({ events, steps, window }) => {
        // Each run uses its own types.
        run += 1;
        await insertRows(
          deps,
          events.map(({ id, type, user, at, n }) =>
            aRow({
              event_id: `${id}-${run}`,
              event_type: `${type}-${run}`,
              event_time: new Date(base + at * 1_000).toISOString(),
              payload: `{"user":${user},"n":${n}}`,
            }),
          ),
        );
        const ordered = events.toSorted((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
        const reached = ['"u"', '"v"', "1"].map((user) => {
          const own = ordered.filter((one) => one.user === user);
          return furthest(own, steps, window);
        });
        const named = steps.map((one) => ({ ...one, event_type: `${one.event_type}-${run}` }));
        const found = await counts({ steps: named, key: "payload.user", window_seconds: window });
        expect(found).toEqual(steps.map((_, index) => reached.filter((far) => far > index).length));
      }),
      { numRuns: 150 },
    );
  });

  test("returns the conversion of each step within the range and client, and takes eight steps", async () => {
    const day = "2026-05-01T00:00:0";
    const chain = (user: string, length: number, client_id = "acme") =>
      Array.from({ length }, (_, n) =>
        aRow({ client_id, event_type: `s${n}`, event_time: `${day}${n}Z`, payload: `{"user":"${user}"}` }),
      );
    await insertRows(deps, [
      ...chain("eight", 8),
      ...chain("four", 4),
      ...chain("two", 2),
      ...chain("one", 1),
      ...chain("other", 8, "beta"),
      aRow({ event_type: "s0", event_time: `${day}0Z`, payload: "{}" }),
    ]);
    const steps = Array.from({ length: 8 }, (_, index) => ({ event_type: `s${index}` }));
    const body = { steps, key: "payload.user", window_seconds: 7 };
    expect(await counts(body)).toEqual([4, 3, 2, 2, 1, 1, 1, 1]);
    expect(await counts({ ...body, window_seconds: 6 })).toEqual([4, 3, 2, 2, 1, 1, 1, 0]);
    expect(await counts({ ...body, start: `${day}0.000001Z` })).toEqual(Array(8).fill(0));
    expect(await counts({ ...body, end: `${day}2Z` })).toEqual([4, 3, 0, 0, 0, 0, 0, 0]);
    const { body: answer } = await acme(getFunnel, { body });
    expect(answer).toMatchObject({ source: "raw", as_of: expect.any(String) });
    expect(answer.steps).toMatchObject([
      { event_type: "s0", count: 4, conversion: 1, step_conversion: 1 },
      { event_type: "s1", count: 3, conversion: 0.75, step_conversion: 0.75 },
      { event_type: "s2", count: 2, conversion: 0.5, step_conversion: 2 / 3 },
      ...Array(5).fill({}),
    ]);
    const { body: empty } = await acme(getFunnel, { body: { ...body, key: "payload.nobody" } });
    expect((empty.steps as object[])[7]).toMatchObject({ count: 0, conversion: null, step_conversion: null });
    expectProblem(await acme(getFunnel, { body: { ...body, client: "beta" } }), 403, "insufficient-scope");
  });

  test("names the invalid member", async () => {
    const steps = [{ event_type: "a" }, { event_type: "b", where: ["payload.n~1"] }];
    const body = { steps, key: "user", window_seconds: 0, extra: 1 };
    const answer = await acme(getFunnel, { body });
    expectProblem(answer, 422, "invalid-body");
    expect(answer.body.errors.map(({ pointer }) => pointer).sort()).toEqual(
      expect.arrayContaining(["/key", "/steps/1/where/0", "/window_seconds"]),
    );
    expectProblem(await acme(getFunnel, { body: "" }), 400, "invalid-json");
  });
});
