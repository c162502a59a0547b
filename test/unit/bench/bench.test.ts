import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { partsOf } from "../../../bench/bundles.ts";
import { toSvg } from "../../../bench/chart.ts";
import { climb } from "../../../bench/ladder.ts";
import { closedLoop, interleave, ratios } from "../../../bench/measure.ts";
import type { Section } from "../../../bench/part.ts";
import { between, costOf, workerTimes } from "../../../bench/parts/cost.ts";
import { describeHighest } from "../../../bench/parts/end-to-end.ts";
import { kindOf, withoutPaths } from "../../../bench/profile.ts";
import { compare, toMarkdown } from "../../../bench/report.ts";
import { format, formatMedian, median, pointOf, quantile } from "../../../bench/statistics.ts";

const section = (values: number[], others: Partial<Section> = {}): Section => ({
  title: "Part",
  text: ["What it is."],
  tables: [{ head: ["a"], rows: [["1"]] }],
  charts: [],
  goals: [{ what: "speed", reach: "≥ 1", got: "2", reached: true }],
  figures: { rate: { unit: "/s", values } },
  ...others,
});

describe("the bench's figures", () => {
  it("have a median, quantiles and a spread", () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([7])]).toEqual([2, 2.5, 7]);
    expect([quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4], 0.99)]).toEqual([2, 4]);
    expect(formatMedian([1_234.4, 1_200, 1_300])).toBe("1,234 (1,200–1,300)");
    expect([format(0.01234), format(12.34), format(123.4)]).toEqual(["0.0123", "12.3", "123"]);
  });

  it("come from contenders in turn, with repeats, after a warm-up that is not counted", async () => {
    const order: string[] = [];
    const contender = (name: string, perSecond: number) => ({
      name,
      run: () => Promise.resolve({ perSecond: order.push(name) && perSecond }),
    });
    const scale = { repeats: 2, seconds: 1, stored: [], manyKinds: 0, year: 0 };
    const measured = await interleave({ scale, say: () => {}, settle: async () => {} }, [
      contender("a", 2),
      contender("b", 8),
    ]);
    expect(order.join("")).toBe("abbaab");
    expect(ratios(measured, "a", "b")).toEqual([0.25, 0.25]);
    expect(() => ratios(measured, "a", "c")).toThrow("c");
  });

  it("come from a closed loop that never exceeds its number of callers", async () => {
    let under = 0;
    let most = 0;
    const sample = await closedLoop(3, 0.05, async () => {
      most = Math.max(most, ++under);
      await sleep(1);
      under--;
    });
    expect(most).toBe(3);
    expect(sample.perSecond).toBeGreaterThan(0);
    expect(sample.p50Ms).toBeLessThanOrEqual(sample.p99Ms ?? 0);
  });
});

describe("the search for the highest rate", () => {
  const ladder = { first: 500, step: 2, most: 5 };
  const search = async (limit: number) => {
    const tried: number[] = [];
    const highest = await climb(ladder, async (rate) => {
      tried.push(rate);
      return rate <= limit;
    });
    return { tried, highest };
  };

  it("starts with the lowest rate, and ends with the first that does not hold", async () => {
    expect(await search(2_500)).toEqual({ tried: [500, 1_000, 2_000, 4_000], highest: 2_000 });
    const all = [500, 1_000, 2_000, 4_000, 8_000];
    expect(await search(Number.POSITIVE_INFINITY)).toEqual({ tried: all, highest: 8_000 });
  });

  it("reports that no rate holds, rather than a rate of 0 events/s", async () => {
    const { highest } = await search(499);
    expect(highest).toBeUndefined();
    const text = describeHighest([
      { queue: "redis", perRequest: 1, rate: highest },
      { queue: "sqs", perRequest: 100, rate: 1_400 },
    ]);
    expect(text).toContain("none with Redis in requests of 1, the lowest tried being 500 events/s");
    expect(text).toContain("1,400 events/s with SQS (fauxqs) in requests of 100");
    expect(text).not.toMatch(/\b0 events/);
  });
});

describe("the bench's report", () => {
  it("names the figures in which the repeats of two runs do not overlap", () => {
    expect(compare(section([1, 2, 3]), section([3, 4, 5]))).toEqual({ figures: 1, apart: [] });
    expect(compare(section([1, 2, 3]), section([4, 5, 6]))?.apart).toEqual([
      { name: "rate", before: 2, now: 5, unit: "/s" },
    ]);
    expect(compare(undefined, section([1]))).toBeUndefined();
  });

  it("shows goals, tables, pictures and the machine", () => {
    const machine = {
      date: "2026-11-23",
      processor: "P",
      cores: 2,
      memoryGiB: 4,
      loadBefore: 0.1,
      node: "v24",
      postgres: "18",
      redis: "7",
      settings: { fsync: "on" },
      commit: "abc",
    };
    const charts = [{ file: "picture", title: "A picture", x: "x", y: "y", log: [], lines: [] }];
    const text = toMarkdown([{ ...section([1], { charts }), machine, repeats: 3, took: 9 }]);
    expect(text).toContain("| speed | ≥ 1 | 2 | yes |");
    expect(text).toContain("![A picture](pictures/picture.svg)");
    expect(text).toContain("fsync on");
    expect(text).not.toContain("Why some goals");
    const missed = [{ what: "a", reach: "b", got: "c", reached: false, why: "because" }];
    expect(toMarkdown([{ ...section([1], { goals: missed }), machine, repeats: 3, took: 9 }])).toContain(
      "- *a*: because",
    );
  });

  it("draws lines whose points are within the picture, in the order of their values", () => {
    const measured = { 1: 10, 16: 200, 256: 90_000 };
    const line = {
      name: "one",
      points: Object.entries(measured).map(([x, y]) => pointOf(Number(x), [y / 2, y, y * 2])),
    };
    const svg = toSvg({ file: "f", title: "a < b", x: "x", y: "y", log: ["x", "y"], lines: [line] });
    const [, points = ""] = /points="([^"]*)"/.exec(svg) ?? [];
    const places = points.split(" ").map((place) => place.split(",").map(Number));
    expect(places).toHaveLength(3);
    for (const [x = -1, y = -1] of places) expect(x > 0 && x < 800 && y > 0 && y < 400).toBe(true);
    expect(places.map(([x]) => x)).toEqual(places.map(([x]) => x).toSorted((a = 0, b = 0) => a - b));
    expect(svg).toContain("a &lt; b");
    const [, bar = ""] = /<path d="(M[^"]*)" stroke="#0072b2" stroke-opacity/.exec(svg) ?? [];
    const [, x, low, high] = (/^M([\d.]+) ([\d.]+)V([\d.]+)$/.exec(bar) ?? []).map(Number);
    const [place] = places;
    expect(x).toBe(place?.[0]);
    expect([Number(low) > Number(place?.[1]), Number(high) < Number(place?.[1])]).toEqual([true, true]);
  });

  it("inserts the cost between its marks only", () => {
    const [begin, end] = ["<!-- made by `npm run bench`: begin -->", "<!-- made by `npm run bench`: end -->"];
    expect(between(`a\n${begin}\nold\n${end}\nb`, "new")).toBe(`a\n${begin}\n\nnew\n\n${end}\nb`);
    expect(() => between("no marks", "new")).toThrow("no markers");
  });
});

describe("the cost model", () => {
  const request = new Map([
    [1, 0.5],
    [1_000, 10],
  ]);
  const times = { request, batch: 10, message: 0.1, event: 0.02 };

  it("makes larger requests cheaper, and adds the cost of SQS requests", () => {
    const [one, thousand] = [costOf(1, times), costOf(1_000, times)];
    expect(one.api).toBeCloseTo(1);
    // Messages are sent one by one, and received and deleted in tens.
    expect(one.sqs).toBeCloseTo(1.2e6 * (0.4 / 1e6));
    expect(one.fair).toBeCloseTo(1.2e6 * (0.1 / 1e6));
    expect(thousand.sqs).toBeCloseTo(13_600 * (0.4 / 1e6), 4);
    for (const part of ["api", "ingest", "logs", "sqs", "worker"] as const)
      expect(thousand[part]).toBeLessThan(one[part]);
  });

  it("derives the time of a batch, a message and an event from three rates", () => {
    const [batch, message, event] = [10, 0.1, 0.02];
    const rate = (events: number, messages: number): number =>
      (events * 1_000) / (batch + messages * message + events * event);
    const {
      batch: b,
      message: m,
      event: e,
    } = workerTimes({ small: rate(100, 0), large: rate(5_000, 0), single: rate(1_000, 1_000) });
    expect([b, m, e]).toEqual([expect.closeTo(batch), expect.closeTo(message), expect.closeTo(event)]);
  });
});

describe("the profile's summary", () => {
  const kind = (functionName: string, url: string): string =>
    kindOf({ callFrame: { functionName, url, scriptId: "", lineNumber: 0, columnNumber: 0 } });

  it("sorts functions by name and file", () => {
    expect(kind("parse", "")).toBe("JSON");
    expect(kind("parseExact", "file:///x/lib/base/json.ts")).toBe("JSON");
    expect(kind("run", "file:///x/node_modules/zod/v4/core/schemas.js")).toBe("validation");
    expect(kind("writeCommand", "file:///x/node_modules/ioredis/built/Redis.js")).toBe("Redis");
    expect(kind("one", "file:///x/bench/events.ts")).toBe("load generator");
    expect(kind("post", "node:inspector")).toBe("idle");
    expect(kind("answer", "file:///x/lib/app/handler.ts")).toBe("rest");
  });

  it("names files relative to the project", () => {
    const [esm, cjs] = [
      new URL("../../../lib/app/handler.ts", import.meta.url).href,
      `${process.cwd()}/node_modules/x.js`,
    ];
    const nodes = [esm, cjs].map((url, id) => ({
      id,
      callFrame: { functionName: "f", url, scriptId: "", lineNumber: 0, columnNumber: 0 },
    }));
    const urls = withoutPaths({ nodes, startTime: 0, endTime: 1 }).nodes.map(
      ({ callFrame }) => callFrame.url,
    );
    expect(urls).toEqual(["lib/app/handler.ts", "node_modules/x.js"]);
  });

  it("sums a bundle's bytes by package", () => {
    const inputs = {
      "node_modules/zod/a.js": { bytesInOutput: 5 },
      "node_modules/@smithy/core/b.js": { bytesInOutput: 2 },
      "node_modules/zod/c.js": { bytesInOutput: 4 },
      "lib/app/handler.ts": { bytesInOutput: 3 },
    };
    const more = { "node_modules/zod/a.js": { bytesInOutput: 1 } };
    expect(partsOf([{ inputs }, { inputs: more }])).toEqual([
      ["zod", 10],
      ["Weir", 3],
      ["@smithy/core", 2],
    ]);
  });
});
