import fc from "fast-check";
import { expect, it } from "vitest";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();

const texts = fc.array(
  fc.option(fc.string({ unit: "binary" }).filter((text) => text.isWellFormed() && !text.includes("\0"))),
);

it("PostgreSQL returns an array of any texts unchanged", async () => {
  await fc.assert(
    fc.asyncProperty(texts, async (values) => {
      const [row] =
        await deps.sql`SELECT ${values}::text[] AS values, cardinality(${values}::text[]) AS count`;
      expect(row).toEqual({ values, count: values.length });
    }),
  );
});

it.each([
  ["smallint", [1, -2, null]],
  ["int", [2_147_483_647, 0]],
  ["float8", [0.1, -1e300]],
  ["uuid", ["01a20767-6996-76cc-9e2d-a21c02c89613", null]],
  ["text", ["NULL", "null", "", '"', "\\", "{}", "a,b", " "]],
  ["text", ["a\n\tb", "\u0001", "\\n", "😀", "\u007f"]],
  ["text", []],
])("PostgreSQL returns an array of %s unchanged: %j", async (type, values) => {
  const sent = values as (string | null)[];
  const [row] = await deps.sql`SELECT ${sent}::${deps.sql.unsafe(type)}[] AS values`;
  expect(row?.values).toEqual(values);
});

it("times keep their microseconds, and undefined is refused", async () => {
  const times = ["2026-11-23 05:00:00.123456+00"];
  const [row] =
    await deps.sql`SELECT (${times}::text[]::timestamptz[])[1]::text AS text, ${times}::timestamptz[] AS dates`;
  expect(row).toEqual({ text: times[0], dates: [new Date("2026-11-23T05:00:00.123Z")] });
  const missing = [undefined] as unknown as string[];
  await expect(deps.sql`SELECT ${missing}::text[]`).rejects.toThrow(/undefined/);
});
