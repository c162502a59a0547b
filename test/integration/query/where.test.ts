import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as contract from "../../../lib/events/contract.ts";
import { matches } from "../../../lib/query/sql.ts";
import { type Condition, parseCondition } from "../../../lib/query/where.ts";
import { listAll } from "../../support/http/pages.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { askerOf, insertMany } from "../../support/http/reading.ts";
import { testDeps } from "../../support/servers/deps.ts";
import { holds } from "../../support/where.ts";

const deps = await testDeps();
const acme = await askerOf(deps, "acme");

/** Numbers close to each other, far apart, and beyond PostgreSQL's numeric. */
const numbers = [
  "0", "-0", "0.0", "0e99999", "1", "1.0", "1e0", "10e-1", "-1", "4.5", "4.50", "45e-1", "0.1", "0.1000000000000000055",
  "0.1000000000000000056", "12345678901234567890", "12345678901234567891", "1e400", "1E+400", "-1e400", "1e999",
  "1e1100", "1e9999", "1e10000", "1e0000000000000000400", "1e200000", "-1e200000", "1e-999", "1e-9999", "1e-200000",
  "-1e-200000", `1${"0".repeat(400)}`, `0.${"0".repeat(398)}1`, `0.${"0".repeat(4_900)}1e10000`,
]; // biome-ignore format: one number after the other
const texts = ["", "a", "ä", "b", "B", "4.5", "true", "null", "\u{1F600}", "\uFFFD", 'quo"te\\', " a "];

describe("conditions", () => {
  const scalar = fc.oneof(
    fc.constantFrom(...numbers),
    fc.constantFrom(...texts).map((text) => JSON.stringify(text)),
    fc.constantFrom("true", "false", "null", "{}", "[]"),
  );
  const inner = fc.oneof(
    { weight: 3, arbitrary: scalar },
    { weight: 1, arbitrary: fc.array(scalar, { maxLength: 3 }).map((list) => `[${list.join(",")}]`) },
    { weight: 1, arbitrary: scalar.map((value) => `{"b":${value},"0":1}`) },
  );
  const payload = inner.map((value) => `{"a":${value}}`);
  const path = fc
    .constantFrom("a", "a.b", "a[0]", "a.1", "a[-1]", "c", 'a."b"')
    .map((name) => `payload.${name}`);
  const operator = fc.constantFrom("=", "!=", "<", "<=", ">", ">=");
  const operand = fc.oneof(
    fc.constantFrom(...numbers),
    fc.constantFrom(...texts).map((text) => JSON.stringify(text)),
    fc.constantFrom("true", "false", "null", "plain text"),
  );
  const condition = fc
    .oneof(
      { weight: 8, arbitrary: fc.tuple(path, operator, operand).map((parts) => parts.join("")) },
      { weight: 1, arbitrary: path },
      { weight: 1, arbitrary: path.map((property) => `!${property}`) },
    )
    .map(parseIfGood)
    .filter((parsed) => parsed !== undefined);
  const payloads = fc.sample(payload, { numRuns: 600, seed: 7 });

  function parseIfGood(text: string): Condition | undefined {
    try {
      return parseCondition(text);
    } catch {
      return undefined;
    }
  }

  test("match exactly the payloads that they match in plain JavaScript, and never fail", async () => {
    const { sql } = deps;
    const found = async (conditions: readonly Condition[]): Promise<number[]> => {
      const rows = await sql<{ n: number }[]>`
        SELECT n::int FROM unnest(${payloads}::text[]::json[]) WITH ORDINALITY AS events (payload, n)
         WHERE ${matches(sql, conditions)} ORDER BY n`;
      return rows.map(({ n }) => n);
    };
    await fc.assert(
      fc.asyncProperty(fc.array(condition, { minLength: 1, maxLength: 3 }), async (conditions) => {
        const expected = payloads.flatMap((text, index) =>
          conditions.every((each) => holds(text, each)) ? [index + 1] : [],
        );
        expect(await found(conditions)).toEqual(expected);
        // The opposite condition matches all other rows: no condition is ever null.
        const [others] = await sql`
          SELECT count(*)::int FROM unnest(${payloads}::text[]::json[]) AS events (payload)
           WHERE NOT ${matches(sql, conditions)}`;
        expect(others?.count).toBe(payloads.length - expected.length);
      }),
      { numRuns: 300 },
    );
  });

  test("compare numbers of thousands of digits, and skip longer ones", async () => {
    const { sql } = deps;
    const long = [
      `9${"9".repeat(4_000)}`,
      `0.${"0".repeat(4_000)}1`,
      "9".repeat(100_000),
      `1e${"9".repeat(6_000)}`,
    ];
    const ask = async (text: string) => {
      const rows = await sql`
        SELECT n::int FROM unnest(${long.map((n) => `{"a":${n}}`)}::text[]::json[]) WITH ORDINALITY AS e (payload, n)
         WHERE ${matches(sql, [parseCondition(text)])} ORDER BY n`;
      return rows.map((row) => row.n);
    };
    expect(await ask("payload.a>1")).toEqual([1]);
    expect(await ask("payload.a<1")).toEqual([2]);
    expect(await ask("payload.a=0")).toEqual([]);
    expect(await ask("payload.a!=0")).toEqual([1, 2, 3, 4]);
  });
});

describe("GET /v1/events with where", () => {
  const query = (where: readonly string[], others: Record<string, string> = {}): URLSearchParams =>
    new URLSearchParams([
      ...Object.entries(others),
      ...where.map((text): [string, string] => ["where", text]),
    ]);

  test("pages through the events that match all conditions", async () => {
    await insertMany(deps, 40, (n) => ({
      event_id: `e-${n}`,
      event_time: new Date(Date.now() - n * 1_000).toISOString(),
      payload: `{"magnitude":${n / 4},"place":{"name":"${n % 2 ? "odd" : "even"}"}}`,
    }));
    const matching = query(["payload.magnitude>=4.5", "payload.place.name=odd"], { limit: "3" });
    const events = await listAll<{ event_id: string }>(acme, contract.listEvents, "events", matching);
    const expected = Array.from({ length: 11 }, (_, index) => `e-${19 + index * 2}`);
    expect(events.map(({ event_id }) => event_id)).toEqual(expected);
  });

  test("names the invalid parameter and the reason", async () => {
    const invalid = await acme(contract.listEvents, { query: query(["magnitude>4", "payload.a>true"]) });
    expectProblem(invalid, 400, "invalid-parameter");
    expect(invalid.body.errors).toEqual([
      { parameter: "where", detail: "must begin with payload, such as payload.user" },
      { parameter: "where", detail: "compares the order of true; only numbers and strings have an order" },
    ]);
    const many = await acme(contract.listEvents, { query: query(Array(11).fill("payload.a")) });
    expectProblem(many, 400, "invalid-parameter", "where");
  });
});
