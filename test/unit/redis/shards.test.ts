import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Shard } from "../../../lib/redis/keys.ts";
import { Shards } from "../../../lib/redis/shards.ts";

describe("a shard", () => {
  it("has its own key names, all with its number as their hash tag", () => {
    const namesOf = (shard: Shard): string[] => [
      ...Object.values(shard),
      ...[shard.apiKey("h"), shard.client("c"), shard.limit("c"), shard.seen("c")],
      ...[shard.decided(0), shard.decided(1)],
    ];
    const names = namesOf(new Shard(12));
    for (const name of names) expect(name).toMatch(/^weir:\{12\}:/);
    expect(new Set([...names, ...namesOf(new Shard(1))]).size).toBe(2 * names.length);
    expect(names).toHaveLength(14);
  });

  it("keeps the key names from when there was only one", () => {
    const { queue, receipts } = new Shard(0);
    expect([queue, receipts, new Shard(0).seen("acme")]).toEqual([
      "weir:{0}:queue",
      "weir:{0}:receipts",
      "weir:{0}:seen:acme:",
    ]);
  });
});

describe("shards", () => {
  it("are chosen by the client id alone, the same in every process and release", () => {
    const numbers = (count: number): number[] => {
      const shards = new Shards(count);
      return ["acme", "shop", "c0123456789", ""].map((id) => shards.all.indexOf(shards.of(id)));
    };
    // With other numbers, the data of a running cluster could not be found.
    expect([numbers(1), numbers(16), numbers(1_024)]).toEqual([
      [0, 0, 0, 0],
      [13, 3, 2, 2],
      [941, 467, 546, 66],
    ]);
  });

  it("get about as many clients each", () => {
    const shards = new Shards(16);
    const clients = new Map(shards.all.map((shard) => [shard, 0]));
    for (let n = 0; n < 16_000; n++) {
      const shard = shards.of(`client-${n}`);
      clients.set(shard, (clients.get(shard) ?? 0) + 1);
    }
    for (const count of clients.values()) expect(Math.abs(count - 1_000)).toBeLessThan(200);
  });

  it("include exactly one for each client, for any id and number of shards", () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: 1, max: 1_024 }), (id, count) => {
        const shards = new Shards(count);
        expect(shards.all).toHaveLength(count);
        expect(shards.all).toContain(shards.of(id));
      }),
    );
  });

  it("have a key in its client's shard, or in its hash's while the client is unknown", () => {
    const shards = new Shards(1_024);
    expect(shards.ofKey({ clientId: "acme", hash: "h" })).toBe(shards.of("acme"));
    expect(shards.ofKey({ clientId: "", hash: "h" })).toBe(shards.of("h"));
    expect(shards.of("h")).not.toBe(shards.of(""));
  });
});
