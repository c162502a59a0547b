import { describe, expect, it } from "vitest";
import { parseExact } from "../../../web/dashboard/api/exact.ts";
import { csvText } from "../../../web/dashboard/components/csv.ts";
import { type Answered, linesOf, tableOf } from "../../../web/dashboard/views/explore/answer-table.ts";

const fresh = { as_of: null, lag_ms: null, source: "raw" as const };
const csvOf = (answer: Answered, steps: { event_type: string; where: string[] }[] = []): string => {
  const { columns, rows } = tableOf(answer, { steps });
  return csvText(
    columns.map(({ name }) => name),
    rows,
  );
};

const bucket = (hour: number) => `2026-11-29T0${hour}:00:00+01:00`;
const series: Answered = {
  id: "getSeries",
  result: {
    interval: "hour",
    tz: "Europe/Berlin",
    start: "",
    end: "",
    ...fresh,
    series: [
      { bucket: bucket(1), event_type: "a", count: 3 },
      { bucket: bucket(1), event_type: "b", count: 0 },
      { bucket: bucket(2), event_type: "a", count: 1 },
      { bucket: bucket(2), event_type: "b", count: 7 },
    ],
  },
};

describe("an answer as CSV", () => {
  it("has the buckets and groups of a series", () => {
    expect(csvOf(series).split("\r\n")).toEqual([
      "bucket,event_type,count",
      `${bucket(1)},a,3`,
      `${bucket(1)},b,0`,
      `${bucket(2)},a,1`,
      `${bucket(2)},b,7`,
      "",
    ]);
  });

  it("has values with all their digits, and texts apart from numbers", () => {
    const values = parseExact(
      '[{"value":12345678901234567890,"count":2},{"value":"1","count":1},{"value":1,"count":1},{"value":"a,b","count":1}]',
    ) as { value: string; count: number }[];
    const answer: Answered = { id: "getTop", result: { values, events: 5, too_long: 0, ...fresh } };
    expect(csvOf(answer)).toBe('value,count\r\n12345678901234567890,2\r\n"""1""",1\r\n1,1\r\n"a,b",1\r\n');
  });

  it("has the conditions of each step of a funnel, and null where a share is unknown", () => {
    const step = { event_type: "x", count: 0, conversion: null, step_conversion: null };
    const answer: Answered = { id: "getFunnel", result: { steps: [step, step], ...fresh } };
    const steps = [
      { event_type: "x", where: ["payload.a", "payload.b=1"] },
      { event_type: "", where: [] },
      { event_type: "x", where: [] },
    ];
    expect(csvOf(answer, steps)).toBe(
      "step,event_type,where,count,conversion,step_conversion\r\n1,x,payload.a and payload.b=1,0,,\r\n2,x,,0,,\r\n",
    );
  });

  it.each<[Answered, string]>([
    [{ id: "countEvents", result: { count: 7, ...fresh } }, "count\r\n7\r\n"],
    [
      { id: "groupEvents", result: { groups: [{ client_id: "demo", count: 7 }], ...fresh } },
      "client_id,count\r\ndemo,7\r\n",
    ],
    [
      { id: "getUniques", result: { count: 4, method: "exact", relative_error: 0, ...fresh } },
      "count\r\n4\r\n",
    ],
  ])("has one row for %j", (answer, csv) => {
    expect(csvOf(answer)).toBe(csv);
  });
});

describe("linesOf", () => {
  it("makes a line of each group, in seconds", () => {
    expect(linesOf(series)).toEqual({
      times: [1, 2].map((hour) => Date.parse(bucket(hour)) / 1_000),
      lines: [
        { label: "a", values: [3, 1] },
        { label: "b", values: [0, 7] },
      ],
    });
  });

  it("makes none of an answer without buckets", () => {
    expect(linesOf({ id: "countEvents", result: { count: 7, ...fresh } })).toBeUndefined();
  });
});
