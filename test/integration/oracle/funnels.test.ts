/** DuckDB, over the file of GET /v1/events/export, gives what Weir answers: funnels, at once and in parts. */
import fc from "fast-check";
import { beforeAll, expect, test } from "vitest";
import { getFunnel } from "../../../lib/analytics/properties-contract.ts";
import { asker } from "../../support/http/reading.ts";
import { type DuckDb, duckDbOf, sentText } from "../../support/oracle/duckdb.ts";
import { type AskInParts, inParts } from "../../support/oracle/in-parts.ts";
import { condition, range, storeWorkload, TYPES, within } from "../../support/oracle/workload.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { secret } = await addClient(deps, "boss", { scopes: ["admin"] });
const admin = asker(deps, secret);
const parts: AskInParts = inParts(deps, secret);
let duck: DuckDb;

beforeAll(async () => {
  await storeWorkload(deps);
  duck = await duckDbOf(admin);
}, 240_000);

const HOUR = 3_600;
const funnel = fc.record({
  steps: fc.array(fc.record({ type: fc.constantFrom(...TYPES), condition }), { minLength: 2, maxLength: 4 }),
  key: fc.constantFrom("user", "user", "user", "amount", "country", "note"),
  window: fc.constantFrom(1, HOUR, 6 * HOUR, 24 * HOUR, 240 * HOUR, 400 * 24 * HOUR),
  client: fc.constantFrom("acme", "acme", undefined),
  range,
});
type Funnel = typeof funnel extends fc.Arbitrary<infer F> ? F : never;

const bodyOf = ({ steps, key, window, client, range }: Funnel) => ({
  key: `payload.${key}`,
  window_seconds: window,
  steps: steps.map(({ type, condition }) => ({
    event_type: type,
    ...(condition !== undefined && { where: [condition[0]] }),
  })),
  ...(client !== undefined && { client }),
  ...range,
});

/**
 * From each event of the first step, takes the next event of each further step: if any chain from there gets to a step, this one does.
 * @returns the number of keys that reach each step
 */
async function reached({ steps, key, window, client, range }: Funnel): Promise<number[]> {
  const ofClient = client === undefined ? "true" : `client_id = '${client}'`;
  const chains = steps.map(({ type, condition }, index) => {
    const events = `(SELECT * FROM ordered WHERE key <> 'null' AND event_type = '${type}' AND ${condition?.[1] ?? "true"})`;
    if (index === 0)
      return `chains_0 AS (SELECT key, place AS first, event_time AS since, place FROM ${events})`;
    return `chains_${index} AS (
      SELECT c.key, first, since, min(e.place) AS place FROM chains_${index - 1} c JOIN ${events} e
             ON e.key = c.key AND e.place > c.place AND e.event_time <= since + INTERVAL ${window} SECOND
       GROUP BY ALL)`;
  });
  const counts = steps.map(
    (_, index) => `(SELECT count(DISTINCT key)::INT FROM chains_${index}) AS step_${index}`,
  );
  const [row] = await duck<Record<string, number>>(`
    WITH ordered AS (
      SELECT *, ${sentText(key)} AS key, row_number() OVER (ORDER BY event_time, event_id, client_id) AS place
        FROM events WHERE ${ofClient} AND ${within(range)}
    ), ${chains.join(", ")} SELECT ${counts.join(", ")}`);
  return steps.map((_, index) => Number(row?.[`step_${index}`]));
}

const countsOf = (answer: Record<string, unknown>): number[] =>
  (answer.steps as { count: number }[]).map(({ count }) => count);

test("the workload has events of one key at the same time", async () => {
  const [row] = await duck(`
    SELECT count(*)::VARCHAR AS moments FROM (
      SELECT 1 FROM events GROUP BY client_id, event_time, ${sentText("user")} HAVING count(*) > 1)`);
  expect(Number(row?.moments)).toBeGreaterThan(20);
});

test("funnels of two to four steps give what DuckDB gives", async () => {
  const ends: string[] = [];
  await fc.assert(
    fc.asyncProperty(funnel, async (asked) => {
      const { body, text } = await admin(getFunnel, { body: bodyOf(asked) });
      expect(body.steps, text).toBeDefined();
      const counts = await reached(asked);
      expect(countsOf(body)).toEqual(counts);
      ends.push(`${counts.at(-1)}`);
    }),
    { numRuns: 80 },
  );
  // Neither all keys nor none reach the last step.
  expect(new Set(ends).size).toBeGreaterThan(10);
});

test("funnels in parts give what DuckDB gives", async () => {
  const numbers: number[] = [];
  await fc.assert(
    fc.asyncProperty(funnel, async (asked) => {
      const answer = await parts({ kind: "funnel", ...bodyOf(asked) });
      expect(countsOf(answer.result)).toEqual(await reached(asked));
      numbers.push(answer.parts);
    }),
    { numRuns: 40 },
  );
  expect(Math.max(...numbers)).toBeGreaterThan(5);
});
