import { describe, expect, it } from "vitest";
import { contentOf, type KnownRequest, requestsOf, toJson } from "../../../chaos/events.ts";
import { faultOf } from "../../../chaos/faults/index.ts";
import { eligible, plan } from "../../../chaos/plan.ts";
import { random } from "../../../chaos/random.ts";

const wanted = {
  queue: "redis",
  seed: 5,
  seconds: 120,
  proxy: true,
  lossy: true,
  faults: undefined,
} as const;

describe("the plan of faults", () => {
  it("is the same for the same seed, and differs for another", () => {
    expect(plan(wanted)).toEqual(plan({ ...wanted }));
    expect(plan({ ...wanted, seed: 6 })).not.toEqual(plan(wanted));
  });

  it("never has two faults on one target at a time, and leaves time to recover at the end", () => {
    for (let seed = 0; seed < 50; seed++) {
      const planned = plan({ ...wanted, seed });
      expect(planned.length).toBeGreaterThan(5);
      for (const [index, one] of planned.entries()) {
        expect(one.atMs + one.lastsMs).toBeLessThanOrEqual(wanted.seconds * 1_000 - 4_000);
        const { target } = faultOf(one.name);
        const next = planned.slice(index + 1).find(({ name }) => faultOf(name).target === target);
        if (next) expect(next.atMs).toBeGreaterThanOrEqual(one.atMs + one.lastsMs);
      }
    }
  });

  it("has every eligible fault over a few seeds, and no other", () => {
    const names = eligible(wanted).map(({ name }) => name);
    const made = new Set<string>();
    for (let seed = 0; seed < 30; seed++) for (const { name } of plan({ ...wanted, seed })) made.add(name);
    expect([...made].sort()).toEqual([...names].sort());
  });

  it("has network faults and losses only if they are wanted, and only those of its queue", () => {
    const names = (options: Partial<Parameters<typeof eligible>[0]>): string[] =>
      eligible({ ...wanted, proxy: false, lossy: false, ...options }).map(({ name }) => name);
    expect(names({})).not.toContain("cut-redis");
    expect(names({})).not.toContain("redis-flushall");
    expect(names({ proxy: true })).toContain("cut-redis");
    expect(names({ lossy: true })).toContain("redis-flushall");
    expect(names({})).not.toContain("kill-sqs");
    expect(names({ queue: "sqs" })).toContain("kill-sqs");
    expect(names({ faults: ["redis-flushall"] })).toEqual(["redis-flushall"]);
  });
});

describe("the known events", () => {
  const some = (seed: number, count: number): KnownRequest[] => {
    const requests = requestsOf(seed, "client", 1_750_000_000_000);
    return Array.from({ length: count }, () => requests.next().value);
  };

  it("are the same for the same seed, byte for byte", () => {
    const bodies = (seed: number): string[] => some(seed, 50).flatMap(({ events }) => events.map(toJson));
    expect(bodies(1)).toEqual(bodies(1));
    expect(bodies(2)).not.toEqual(bodies(1));
  });

  it("have duplicates, conflicts and events that the database refuses, and are JSON", () => {
    const contents = new Map<string, Set<string>>();
    let sent = 0;
    const types = new Set<string>();
    for (const { events } of some(3, 400))
      for (const event of events) {
        sent++;
        types.add(event.type);
        const known = contents.get(event.id) ?? new Set();
        contents.set(event.id, known.add(contentOf(event)));
        const parsed = JSON.parse(toJson(event));
        expect(Date.parse(`${event.instant}Z`)).toBe(Date.parse(parsed.timestamp));
        expect(parsed.event_id.length).toBeLessThanOrEqual(200);
      }
    expect(contents.size).toBeLessThan(sent);
    expect([...contents.values()].some((known) => known.size > 1)).toBe(true);
    expect(types).toContain("chaos.refused");
  });
});

describe("random number streams", () => {
  it("are independent of each other", () => {
    const alone = random(1, "a");
    const [a, b] = [random(1, "a"), random(1, "b")];
    const drawn = Array.from({ length: 10 }, () => {
      b.int(0, 9);
      return a.int(0, 999);
    });
    expect(drawn).toEqual(Array.from({ length: 10 }, () => alone.int(0, 999)));
  });
});
