/** Following the change feed, and the list that shows it. */
import { describe, expect, it } from "vitest";
import { type Feed, follow, PAGE, type StoredEvent } from "../../../web/dashboard/views/events/feed.ts";
import {
  keyOf,
  MOST_ROWS,
  NO_ROWS,
  withArrivals,
  withPage,
} from "../../../web/dashboard/views/events/rows.ts";

const event = (id: number | string, client = "demo"): StoredEvent =>
  ({ client_id: client, event_id: String(id) }) as StoredEvent;
const events = (from: number, to: number): StoredEvent[] =>
  Array.from({ length: to - from }, (_, index) => event(from + index));

/** A feed over a fixed list of events, whose cursors are positions; it ends when all was read. */
function feedOf(total: number, faults: Error[] = []) {
  const stop = new AbortController();
  const seen: string[] = [];
  const asked: { after: string; wait: number }[] = [];
  let skips = 0;
  const feed: Feed = {
    read: async ({ after, wait, limit }) => {
      asked.push({ after, wait });
      const fault = faults.shift();
      if (fault) throw fault;
      const from = after === "latest" ? total : Number(after);
      const to = Math.min(total, from + limit);
      if (from >= total && after !== "latest") stop.abort();
      return { events: events(from, to), next_cursor: String(to) };
    },
    onEvents: (page) => seen.push(...page.map(({ event_id }) => event_id)),
    onSkip: () => {
      skips += 1;
    },
    onError: async () => true,
    pause: async () => {},
  };
  return { feed, stop, seen, asked, skips: () => skips };
}

describe("follow", () => {
  it("reads on from each cursor, so that each event comes once", async () => {
    const { feed, stop, seen, asked } = feedOf(PAGE + 10);
    const cursors: string[] = [];
    await follow(feed, "0", (cursor) => cursors.push(cursor), stop.signal);
    expect(seen).toEqual(events(0, PAGE + 10).map(({ event_id }) => event_id));
    expect(asked.map(({ after }) => after)).toEqual(["0", String(PAGE), String(PAGE + 10)]);
    expect(cursors).toEqual([String(PAGE), String(PAGE + 10)]);
  });

  it("repeats the same question after an error", async () => {
    const { feed, stop, seen, asked } = feedOf(3, [new Error("away"), new Error("away")]);
    await follow(feed, "0", () => {}, stop.signal);
    expect(asked.slice(0, 3).map(({ after }) => after)).toEqual(["0", "0", "0"]);
    expect(seen).toEqual(["0", "1", "2"]);
  });

  it("ends with an error that lasts", async () => {
    const { feed, stop, asked } = feedOf(3, [new Error("refused")]);
    await follow({ ...feed, onError: async () => false }, "0", () => {}, stop.signal);
    expect(asked.length).toBe(1);
  });

  it("goes on with the newest events when it can't keep up, and says so", async () => {
    const { feed, stop, seen, skips, asked } = feedOf(PAGE * 100);
    await follow(feed, "0", () => {}, stop.signal);
    expect(skips()).toBe(1);
    expect(seen.length).toBe(PAGE * 5);
    expect(asked.some(({ after, wait }) => after === "latest" && wait === 0)).toBe(true);
  });
});

describe("rows", () => {
  it("have the last arrival on top, and each event once", () => {
    const page = withPage(NO_ROWS, [event("c"), event("b")]);
    const rows = withArrivals(page, [event("b"), event("d"), event("e"), event("b", "other")]);
    expect(rows.events.map(keyOf)).toEqual(["other b", "demo e", "demo d", "demo c", "demo b"]);
    expect([...rows.arrived].sort()).toEqual(["demo d", "demo e", "other b"]);
    expect(
      withPage(rows, [event("b"), event("a")])
        .events.map(keyOf)
        .slice(-2),
    ).toEqual(["demo b", "demo a"]);
  });

  it("are bounded, and forget what they left out", () => {
    let rows = withPage(NO_ROWS, [event("old")]);
    for (let from = 0; from < MOST_ROWS * 2; from += 100) rows = withArrivals(rows, events(from, from + 100));
    expect(rows.events.length).toBe(MOST_ROWS);
    expect(rows.arrived.size).toBe(MOST_ROWS);
    expect(rows.isCut).toBe(true);
    expect(rows.events[0]?.event_id).toBe(String(MOST_ROWS * 2 - 1));
  });
});
