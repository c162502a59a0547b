import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { outageWait, queueFullWait, rateLimitHeaders, retryAfter } from "../../../lib/http/rate-limit.ts";

const WHOLE = /^[1-9]\d*$/;

describe("the rate limit's headers", () => {
  it("are structured fields as in the draft", () => {
    expect(rateLimitHeaders({ quota: 500, windowS: 10, remaining: 0, resetS: 3 })).toEqual({
      "ratelimit-policy": '"default";q=500;w=10',
      ratelimit: '"default";r=0;t=3',
    });
  });
});

describe("Retry-After", () => {
  it.each([
    [0, "1"],
    [-5, "1"],
    [0.001, "1"],
    [1, "1"],
    [1.001, "2"],
    [59.5, "60"],
  ])("for %d s is %s", (seconds, text) => {
    expect(retryAfter(seconds)).toBe(text);
  });

  it("for a full queue is an integer of at least 1 second, with a maximum", () => {
    const events = fc.integer({ min: 0, max: 2_147_483_647 });
    const rate = fc.oneof(fc.constant(0), fc.double({ min: 0, max: 1e6, noNaN: true }));
    fc.assert(
      fc.property(events, rate, (waiting, drainPerSecond) => {
        const text = queueFullWait(waiting, drainPerSecond);
        expect(text).toMatch(WHOLE);
        expect(Number(text)).toBeLessThanOrEqual(375);
      }),
    );
  });

  it("for a full queue follows depth and drain rate, spread by a quarter", () => {
    const waits = Array.from({ length: 500 }, () => Number(queueFullWait(100_000, 100)));
    expect(Math.min(...waits)).toBeGreaterThanOrEqual(100);
    expect(Math.max(...waits)).toBeLessThanOrEqual(125);
    expect(new Set(waits).size).toBeGreaterThan(5);
    expect(Number(queueFullWait(100_000, 1_000))).toBeLessThanOrEqual(13);
    expect(Number(queueFullWait(100_000, 0))).toBeGreaterThanOrEqual(30);
  });

  it("for an outage is a random 2 to 5 seconds", () => {
    const waits = Array.from({ length: 500 }, outageWait);
    for (const wait of waits) expect(wait).toMatch(/^[2-5]$/);
    expect(new Set(waits).size).toBeGreaterThan(1);
  });
});
