import { describe, expect, it } from "vitest";
import { cheaperQuestions } from "../../../web/dashboard/views/explore/cheaper.ts";
import { chooseInterval, intervalsFor } from "../../../web/dashboard/views/explore/intervals.ts";
import {
  type Question,
  readQuestion,
  readStep,
  toCall,
  writeStep,
} from "../../../web/dashboard/views/explore/question.ts";

const RANGE = { start: "2026-11-01T00:00:00Z", end: "2026-11-08T00:00:00Z", tz: "Europe/Berlin" };
const SCOPE = { start: RANGE.start, end: RANGE.end };
const DAY = 86_400_000;

const ask = (query: string, range: Pick<Question, "start" | "end" | "tz"> = RANGE): Question => {
  const words = new URLSearchParams(query);
  return readQuestion(
    { get: (name) => words.get(name) ?? undefined, all: (name) => words.getAll(name) },
    range,
  );
};

describe("the interval", () => {
  it.each([
    [15 * 60_000, ["minute"], "minute"],
    [DAY / 24, ["minute"], "minute"],
    [DAY, ["minute", "hour"], "hour"],
    [7 * DAY, ["hour", "day"], "hour"],
    [30 * DAY, ["hour", "day", "week", "month"], "day"],
    [365 * DAY, ["day", "week", "month"], "week"],
    [10, ["minute"], "minute"],
    [400 * 365 * DAY, ["month"], "month"],
  ])("of %i ms can be %j, by default %s", (length, offered, byDefault) => {
    expect(intervalsFor(length)).toEqual(offered);
    expect(chooseInterval(length, undefined)).toBe(byDefault);
  });

  it("is the wanted one where it fits the range", () => {
    expect(chooseInterval(7 * DAY, "day")).toBe("day");
    expect(chooseInterval(7 * DAY, "minute")).toBe("hour");
  });
});

describe("toCall", () => {
  it.each<[string, object]>([
    ["", { id: "getSeries", parameters: { query: { ...SCOPE, interval: "hour", tz: RANGE.tz } } }],
    [
      "interval=day&type=flight&client=demo&where=payload.delay>60&by=event_type&limit=25",
      {
        id: "getSeries",
        parameters: {
          query: {
            ...SCOPE,
            client: "demo",
            event_type: ["flight"],
            where: ["payload.delay>60"],
            interval: "day",
            tz: RANGE.tz,
            by: "event_type",
            limit: 25,
          },
        },
      },
    ],
    [
      "measure=count&where=payload.a&where=!payload.b",
      { id: "countEvents", parameters: { query: { ...SCOPE, where: ["payload.a", "!payload.b"] } } },
    ],
    [
      "measure=count&by=client",
      { id: "groupEvents", parameters: { query: { ...SCOPE, by: "client", limit: 10 } } },
    ],
    [
      "measure=top&property=payload.origin&type=flight",
      {
        id: "getTop",
        parameters: { query: { ...SCOPE, event_type: "flight", property: "payload.origin", limit: 10 } },
      },
    ],
    [
      "measure=uniques&property=payload.origin",
      { id: "getUniques", parameters: { query: { ...SCOPE, property: "payload.origin" } } },
    ],
    [
      "measure=uniques&property=payload.origin&interval=day",
      {
        id: "getUniques",
        parameters: { query: { ...SCOPE, property: "payload.origin", interval: "day", tz: RANGE.tz } },
      },
    ],
    [
      'measure=funnel&property=payload.user&client=demo&window=3600&step=cart&step=["order","payload.sum>=5"]',
      {
        id: "getFunnel",
        parameters: {
          body: {
            ...SCOPE,
            client: "demo",
            key: "payload.user",
            window_seconds: 3600,
            steps: [{ event_type: "cart" }, { event_type: "order", where: ["payload.sum>=5"] }],
          },
        },
      },
    ],
  ])("builds the call for %j", (query, call) => {
    expect(toCall(ask(query))).toEqual(call);
  });

  it.each([
    ["measure=top", "Enter a property"],
    ["measure=top&property=user", "must begin with payload"],
    ["where=payload.a<true", "The condition payload.a<true compares the order"],
    ["measure=count&by=client&where=payload.a", "without conditions"],
    ["measure=funnel&step=a&step=b", "connects the steps"],
    ["measure=funnel&property=payload.u&step=a", "at least two steps"],
    ['measure=funnel&property=payload.u&step=a&step=["b","payload"]', "has no member name"],
  ])("says what is missing in %j", (query, sentence) => {
    expect(toCall(ask(query))).toContain(sentence);
  });

  it("needs a range with two ends, in their order", () => {
    const { start, end } = RANGE;
    expect(toCall(ask("", { ...RANGE, start: undefined }))).toContain("both ends");
    expect(toCall(ask("", { ...RANGE, start: end, end: start }))).toContain("ends before it starts");
  });

  it("replaces values that it does not know", () => {
    const question = ask("measure=median&by=__proto__&limit=1e9&window=-1&interval=fortnight");
    expect(question).toMatchObject({ measure: "series", by: undefined, limit: 10, windowSeconds: 86_400 });
    expect(question.interval).toBe("hour");
  });
});

describe("a step of a funnel", () => {
  it.each([
    { event_type: "order", where: [] },
    { event_type: "order", where: ['payload."a b"="c,d"', "!payload.x"] },
    { event_type: "[odd]", where: [] },
    { event_type: '["order"]', where: [] },
    { event_type: "", where: ["payload.a"] },
  ])("survives the URL: %j", (step) => {
    expect(readStep(writeStep(step))).toEqual(step);
  });

  it("that is no JSON is an event type", () => {
    expect(readStep("[1]")).toEqual({ event_type: "[1]", where: [] });
    expect(readStep("[")).toEqual({ event_type: "[", where: [] });
  });
});

describe("cheaperQuestions", () => {
  const ranges = { "1h": { label: "Last hour", ms: DAY / 24 }, "24h": { label: "Last 24 hours", ms: DAY } };

  it("offers to count without conditions, and shorter ranges", () => {
    const offers = cheaperQuestions(ask("where=payload.a"), ranges);
    expect(offers.map(({ change }) => change)).toEqual([
      { where: undefined },
      { range: "24h", start: undefined, end: undefined },
      { range: "1h", start: undefined, end: undefined },
    ]);
    expect(offers[1]?.why).toContain("7 times shorter");
  });

  it("offers no range that is as long", () => {
    const range = { ...RANGE, start: "2026-11-07T00:00:00Z" };
    expect(cheaperQuestions(ask("measure=top&property=payload.a", range), ranges)).toHaveLength(1);
  });
});
