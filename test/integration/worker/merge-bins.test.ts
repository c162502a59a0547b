import fc from "fast-check";
import { expect, it } from "vitest";
import { testDeps } from "../../support/servers/deps.ts";

/** Counts by bin, in ascending order. */
const histogram = fc
  .dictionary(fc.integer({ min: -1, max: 40 }).map(String), fc.integer({ min: 1, max: 1_000_000 }))
  .map((counts) => Object.entries(counts).map(([bin, count]): [number, number] => [Number(bin), count]))
  .map((list) => list.sort(([a], [b]) => a - b));

it("adding latency bins to a rollup counts each bin's events of both, in ascending order", async () => {
  const { sql } = await testDeps();
  await fc.assert(
    fc.asyncProperty(histogram, histogram, async (some, more) => {
      const [merged] = await sql`
        SELECT bins::int[] AS bins, counts::int[] AS counts
          FROM merge_bins(${some.map(([bin]) => bin)}::smallint[], ${some.map(([, count]) => count)}::bigint[],
                          ${more.map(([bin]) => bin)}::smallint[], ${more.map(([, count]) => count)}::bigint[])`;
      const sums = new Map<number, number>();
      for (const [bin, count] of [...some, ...more]) sums.set(bin, (sums.get(bin) ?? 0) + count);
      const bins = [...sums.keys()].sort((a, b) => a - b);
      expect(merged).toEqual({ bins, counts: bins.map((bin) => sums.get(bin)) });
    }),
    { numRuns: 300 },
  );
});
