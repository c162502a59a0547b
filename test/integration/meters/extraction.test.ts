/** What the worker reads of a payload is what PostgreSQL finds: values by path, and which of them are numbers. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { compareDecimals, type Decimal, ExactSum, readDecimal, textOf } from "../../../lib/meters/decimal.ts";
import { JsonPaths } from "../../../lib/meters/json-paths.ts";
import type { PropertyPath } from "../../../lib/query/property.ts";
import { numberText, payloadText, step } from "../../support/json-texts.ts";
import { testDeps } from "../../support/servers/deps.ts";

const { sql } = await testDeps();

const paths = fc.uniqueArray(fc.array(step, { minLength: 1, maxLength: 3 }), {
  minLength: 1,
  maxLength: 5,
  selector: (path) => JSON.stringify(path),
});

/** What `#>` finds in each text at each path. */
async function foundBySql(texts: readonly string[], wanted: readonly PropertyPath[]) {
  const rows = await sql<{ value: string | null }[]>`
    SELECT (text::json #> ARRAY(SELECT json_array_elements_text(path)))::text AS value
      FROM unnest(${[...texts]}::text[]) WITH ORDINALITY AS t(text, n),
           json_array_elements(${JSON.stringify(wanted)}::text::json) WITH ORDINALITY AS p(path, m)
     ORDER BY n, m`;
  return rows.map(({ value }) => value);
}

function found(texts: readonly string[], wanted: readonly PropertyPath[]): (string | null)[] {
  const reader = new JsonPaths(wanted);
  return texts.flatMap((text) => {
    reader.read(text);
    return wanted.map((_, number) => reader.valueOf(number) ?? null);
  });
}

test("the values of paths are those of #>, to the character", { timeout: 120_000 }, async () => {
  let values = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(payloadText, { minLength: 1, maxLength: 60, size: "max" }),
      paths,
      async (texts, wanted) => {
        const expected = await foundBySql(texts, wanted);
        values += expected.filter((value) => value !== null).length;
        expect(found(texts, wanted)).toEqual(expected);
      },
    ),
    { numRuns: 300 },
  );
  expect(values).toBeGreaterThan(2_000);
});

const deep = (levels: number): string => `${"[".repeat(levels)}${"]".repeat(levels)}`;

test.each([
  ["the last of repeated members", '{"a":1,"a":2}', ["a"]],
  ["the last that the path leads to", '{"a":{"b":1},"a":{}}', ["a", "b"]],
  ["an escaped name", '{"\\u0061mount": 1.50 }', ["amount"]],
  ["a name with escaped quotation marks", '{"\\"a\\\\":1,"b":2}', ['"a\\']],
  ["text with backslashes before the quotation mark", '{"x":"\\\\","y":"\\\\\\"","a":1}', ["a"]],
  ["an index with a sign", '{"a":[1,2]}', ["a", "+1"]],
  ["an index after a space", '{"a":[1,2]}', ["a", " 1"]],
  ["no index beyond an int", '{"a":[1]}', ["a", "4294967296"]],
  ["no element of an array by a name", '{"a":[{"b":1}]}', ["a", "b"]],
  ["the last element", '{"a":[1,2]}', ["a", "-1"]],
  ["the place that an earlier array gives to an index from the end", '{"x":[1,2,3],"a":[4,5]}', ["a", "-1"]],
  ["the same within what no path names", '{"x":{"y":[1,2,3]},"a":{"b":[4,5]}}', ["a", "b", "-1"]],
  ["elements that have several indexes", '{"a":[[1,2],[3]],"b":[[4],[5]]}', ["a", "-2", "-2"]],
  ["an element of the root", " [1, [2 ,3] ] ", ["-1", "0"]],
  ["whitespace inside a value", '{"a": {"b" :\n1 } }', ["a"]],
  ["a value behind one that is nested deeply", `{"x":${deep(6_000)},"a":1}`, ["a"]],
  ["a value that is nested deeply", `{"a":${deep(6_000)}}`, ["a"]],
])("finds %s", async (_, text, path) => {
  expect(found([text], [path])).toEqual(await foundBySql([text], [path]));
});

test("finds each path as if it were the only one, if two of them lead through one element", async () => {
  const both = [
    ["0", "0", "-2"],
    ["-1", "0", "-2"],
  ];
  expect(found(["[[[7],[8,9]]]"], both)).toEqual(await foundBySql(["[[[7],[8,9]]]"], both));
});

const decimalOf = (text: string): Decimal | undefined => readDecimal(`x${text}x`, 1, text.length + 1);

test("numbers are those of measured_number, and compare and add like them", {
  timeout: 120_000,
}, async () => {
  let numbers = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(numberText, { minLength: 1, maxLength: 40 }), async (texts) => {
      const [expected] = await sql<[{ found: (string | null)[]; sum: string; ranks: string[] }]>`
        SELECT array_agg(number::text ORDER BY n) AS found, trim_scale(coalesce(sum(number), 0))::text AS sum,
               array_agg(rank::text ORDER BY n) FILTER (WHERE number IS NOT NULL) AS ranks
          FROM (SELECT n, number, dense_rank() OVER (ORDER BY number NULLS LAST) AS rank
                  FROM (SELECT n, measured_number(text) AS number
                          FROM unnest(${texts}::text[]) WITH ORDINALITY AS t(text, n)) AS numbers) AS ranked`;
      const read = texts.map(decimalOf);
      expect(read.map((number) => (number ? textOf(number) : null))).toEqual(expected.found);
      const known = read.filter((number) => number !== undefined);
      numbers += known.length;
      const total = new ExactSum();
      for (const number of known) total.add(number);
      const [{ sum }] = await sql<
        [{ sum: string }]
      >`SELECT trim_scale(${total.toString()}::numeric)::text AS sum`;
      expect(sum).toBe(expected.sum);
      for (const [n, number] of known.entries()) {
        const order = Number(expected.ranks[n]) - Number(expected.ranks[0]);
        expect(Math.sign(compareDecimals(number, known[0] as Decimal))).toBe(Math.sign(order));
      }
    }),
    { numRuns: 300 },
  );
  expect(numbers).toBeGreaterThan(1_000);
});
