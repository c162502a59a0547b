/** Measures of payload properties, with values at the edges of what a number is. */
import { beforeAll, describe, expect, test } from "vitest";
import * as contract from "../../../lib/analytics/contract.ts";
import { expectOnlyFault } from "../../support/http/problems.ts";
import { aRow, askerOf, insertMany, insertRows } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const admin = await askerOf(deps, "boss", ["admin"]);
await addClient(deps, "beta");
const acme = await askerOf(deps, "acme");

const measured = async (event_type: string, measure: string, query: Record<string, string> = {}) =>
  (await acme(contract.countEvents, { query: { event_type, measure, property: "payload.v", ...query } }))
    .body;
const insert = (event_type: string, values: readonly string[]) =>
  insertMany(deps, values.length, (n) => ({
    client_id: "acme",
    event_type,
    payload: values[n] === "" ? "{}" : `{"v":${values[n]}}`,
  }));

describe("what is a number", () => {
  const digits = "9".repeat(100);
  const numbers = [
    ["0", "0"], ["-0", "0"], ["-0.0e5", "0"], ["0e999", "0"], ["0e-999", "0"], ["1.50", "1.5"], ["-12.5e1", "-125"],
    ["1E+2", "100"], ["12345678901234567890.12345678901234567890", "12345678901234567890.1234567890123456789"],
    [digits, digits], [`-${digits}.${digits}`, `-${digits}.${digits}`], ["1e99", `1${"0".repeat(99)}`],
    ["1e-100", `0.${"0".repeat(99)}1`], [`1.${"0".repeat(100)}`, "1"],
  ]; // biome-ignore format: one after the other
  const others = [
    "null", "true", '"7"', '""', "[1]", '{"n":1}', "1e200000", "-1e200000", "1e-200000", "1e100", "1e-101", "0.1e-100",
    `1${digits}`, `0.${digits}1`, `${"9".repeat(6_000)}`, `1e${"0".repeat(5_000)}1`, `1.${"0".repeat(101)}`, "1e999", '"1e5"',
    `"${"1".repeat(200_000)}"`, "[[[[1]]]]",
  ]; // biome-ignore format: one after the other

  test.each(numbers)("%s is %s", async (value = "", expected) => {
    const type = `number ${value.slice(0, 30)}${value.length}`;
    await insert(type, [value]);
    for (const measure of ["sum", "avg", "min", "max", "latest"]) {
      const { value: result, ...rest } = await measured(type, measure);
      expect(rest, measure).toMatchObject({ count: 1, numbers: 1, not_numbers: 0, source: "raw" });
      // An average has 20 digits after its point.
      const short = expected?.replace(/(\.\d{20})\d+$/, (_, kept) => kept);
      if (measure !== "avg") expect(result).toBe(expected);
      else if (!/\.\d{20}9/.test(expected ?? "")) expect(result).toBe(Number(short) === 0 ? "0" : short);
    }
  });

  test("everything else is counted apart, and fails no statement", async () => {
    await insert("others", [...others, "", "5"]);
    for (const measure of ["sum", "avg", "min", "max", "latest"])
      expect(await measured("others", measure)).toMatchObject({
        count: others.length + 2,
        numbers: 1,
        not_numbers: others.length,
        value: "5",
      });
    expect(await measured("others", "sum", { where: "!payload.v" })).toMatchObject({
      count: 1,
      numbers: 0,
      not_numbers: 0,
      value: null,
    });
  });

  test("sums keep every digit, and averages are rounded to 20 of them", async () => {
    await insert("digits", [digits, digits, `0.${digits}`, `0.${digits}`]);
    const double = (text: string): string => (BigInt(text) * 2n).toString();
    const [whole, fraction] = [double(digits), double(digits).slice(1)];
    expect((await measured("digits", "sum")).value).toBe(`${(BigInt(whole) + 1n).toString()}.${fraction}`);
    await insert("thirds", ["1", "0", "0"]);
    expect((await measured("thirds", "avg")).value).toBe("0.33333333333333333333");
    await insert("two thirds", ["-2", "0", "0"]);
    expect((await measured("two thirds", "avg")).value).toBe("-0.66666666666666666667");
    // Half of the last digit is rounded away from zero, and a digit beyond it counts.
    await insert("half", ["0.00000000000000000001", "0"]);
    expect((await measured("half", "avg")).value).toBe("0.00000000000000000001");
    await insert("less", ["0.000000000000000000009999999", "0"]);
    expect((await measured("less", "avg")).value).toBe("0");
  });
});

describe("the latest number", () => {
  test("is that of the greatest time, then of the greatest id, whatever came last", async () => {
    const at = (event_time: string, event_id: string, v: string) =>
      aRow({ event_type: "latest", event_time, event_id, payload: `{"v":${v}}` });
    await insertRows(deps, [
      at("2026-10-02T00:00:00.000001Z", "b", "1"),
      at("2026-10-02T00:00:00.000001Z", "a", "2"),
      at("2026-10-02T00:00:00.000002Z", "é", '"no number"'),
      at("2026-10-02T00:00:00Z", "z", "4"),
      at("2025-12-31T23:59:59.999999Z", "Z", "5"),
    ]);
    expect(await measured("latest", "latest")).toMatchObject({ value: "1", numbers: 4, not_numbers: 1 });
    const end = "2026-10-02T00:00:00Z";
    expect((await measured("latest", "latest", { end })).value).toBe("5");
    expect((await measured("latest", "latest", { where: "payload.v>1" })).value).toBe("2");
  });
});

describe("groups and series", () => {
  beforeAll(async () => {
    const row = (event_type: string, event_time: string, v: string, client_id = "acme") =>
      aRow({ event_type, event_time, client_id, payload: `{"v":${v},"set":"g"}` });
    await insertRows(deps, [
      row("g.a", "2026-10-24T21:59:59Z", "1"),
      row("g.a", "2026-10-24T22:00:00Z", "2"),
      row("g.a", "2026-10-25T22:59:59Z", "3.5"),
      row("g.b", "2026-10-25T23:00:00Z", "-100"),
      row("g.b", "2026-10-25T23:00:01Z", "40", "beta"),
      row("g.c", "2026-10-25T23:00:01Z", "true"),
    ]);
  });
  const range = { start: "2026-10-23T22:00:00Z", end: "2026-10-27T23:00:00Z" };
  const query = { ...range, where: "payload.set=g", measure: "sum", property: "payload.v" };

  test("groups are in the order of their values, those without a number last", async () => {
    const groups = async (more: Record<string, string>, ask = acme) =>
      (await ask(contract.groupEvents, { query: { ...query, by: "event_type", ...more } })).body.groups;
    const [a, b, c] = [
      { event_type: "g.a", count: 3, value: "6.5", numbers: 3, not_numbers: 0 },
      { event_type: "g.b", count: 1, value: "-100", numbers: 1, not_numbers: 0 },
      { event_type: "g.c", count: 1, value: null, numbers: 0, not_numbers: 1 },
    ];
    expect(await groups({})).toEqual([a, b, c]);
    expect(await groups({ order: "least" })).toEqual([b, a, c]);
    expect(await groups({ order: "name" })).toEqual([a, b, c]);
    expect(await groups({ limit: "1" })).toEqual([a]);
    expect(await groups({ by: "event_type,client", order: "least", measure: "max" }, admin)).toMatchObject([
      { client_id: "acme", event_type: "g.b", value: "-100" },
      { client_id: "acme", event_type: "g.a", value: "3.5" },
      { client_id: "beta", event_type: "g.b", value: "40" },
      { client_id: "acme", event_type: "g.c", value: null },
    ]);
    const { measure, property, ...counted } = query;
    const plain = await acme(contract.groupEvents, { query: { ...counted, by: "event_type" } });
    expect(plain.body).toMatchObject({ source: "raw", groups: [{ count: 3 }, { count: 1 }, { count: 1 }] });
    expect(plain.text).not.toContain("numbers");
    expect([measure, property]).toEqual(["sum", "payload.v"]);
  });

  test("days are those of the zone, and empty ones are included", async () => {
    const series = async (more: Record<string, string>) =>
      (await acme(contract.getSeries, { query: { ...query, interval: "day", tz: "Europe/Berlin", ...more } }))
        .body.series;
    const none = { count: 0, value: null, numbers: 0, not_numbers: 0 };
    const days = [24, 25, 26, 27].map((day) => `2026-10-${day}T00:00:00+0${day > 25 ? 1 : 2}:00`);
    expect(await series({})).toEqual([
      { bucket: days[0], count: 1, value: "1", numbers: 1, not_numbers: 0 },
      { bucket: days[1], count: 2, value: "5.5", numbers: 2, not_numbers: 0 },
      { bucket: days[2], count: 2, value: "-100", numbers: 1, not_numbers: 1 },
      { bucket: days[3], ...none },
    ]);
    expect(await series({ by: "event_type", limit: "1", measure: "avg" })).toMatchObject([
      { event_type: "g.a", value: "1" },
      { event_type: "g.a", value: "2.75" },
      { event_type: "g.a", ...none },
      { event_type: "g.a", ...none },
    ]);
    expect(await series({ where: "payload.set=none" })).toEqual(days.map((bucket) => ({ bucket, ...none })));
  });
});

test.each([
  [{ measure: "sum" }, "property"],
  [{ property: "payload.v" }, "measure"],
  [{ measure: "median", property: "payload.v" }, "measure"],
  [{ measure: "sum", property: "v" }, "property"],
])("%j is refused", async (query, parameter) => {
  for (const [operation, more] of [
    [contract.countEvents, {}],
    [contract.groupEvents, { by: "client" }],
    [contract.getSeries, { interval: "day" }],
  ] as const)
    expectOnlyFault(
      await acme(operation, { query: { ...query, ...more } }),
      400,
      "invalid-parameter",
      parameter,
    );
});
