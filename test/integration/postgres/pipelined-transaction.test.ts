/** A transaction whose COMMIT follows statements that nobody has awaited. */
import { beforeEach, expect, it } from "vitest";
import { pipelinedTransaction } from "../../../lib/postgres/transaction.ts";
import { freshDeps } from "../../support/faults.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps({ databasePoolSize: 2 });
await deps.sql`CREATE TABLE pipelined (n integer PRIMARY KEY, pad text)`;
beforeEach(async () => {
  await deps.sql`TRUNCATE pipelined`;
});

const rows = async (): Promise<number[]> =>
  (await deps.sql<{ n: number }[]>`SELECT n FROM pipelined ORDER BY n`).map(({ n }) => n);

it("commits what was sent last, and returns the result", async () => {
  for (let round = 0; round < 10; round++) {
    const result = await pipelinedTransaction(deps.sql, async (tx) => {
      await tx`INSERT INTO pipelined VALUES (${3 * round})`;
      const sent = [1, 2].map((n) => tx`INSERT INTO pipelined VALUES (${3 * round + n})`.execute());
      return { result: round, sent: Promise.all(sent) };
    });
    expect(result).toBe(round);
  }
  expect(await rows()).toEqual(Array.from({ length: 30 }, (_, n) => n));
});

it.each([
  ["short", 1],
  // More than the socket takes at once, so that the driver sends the rest later.
  ["long", 300_000],
])(
  "rolls back and throws the error if one of several %s statements fails that were sent last",
  async (_, length) => {
    const pad = "x".repeat(length);
    for (const failing of [0, 1, 2]) {
      const values = [1, 2, 3].map((n, position) => (position === failing ? 0 : n));
      const running = pipelinedTransaction(deps.sql, async (tx) => {
        await tx`INSERT INTO pipelined VALUES (0, 'first')`;
        const sent = Promise.all(values.map((n) => tx`INSERT INTO pipelined VALUES (${n}, ${pad})`));
        return { result: undefined, sent };
      });
      await expect(running).rejects.toMatchObject({ code: "23505", table_name: "pipelined" });
      expect(await rows()).toEqual([]);
    }
    // The connections are still good.
    await pipelinedTransaction(deps.sql, async (tx) => ({
      result: undefined,
      sent: tx`INSERT INTO pipelined VALUES (7, ${pad})`.execute(),
    }));
    expect(await rows()).toEqual([7]);
  },
);

it("throws if the connection ends before the COMMIT is confirmed, and leaves no rejection unhandled", async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", note);
  const own = freshDeps({ ...deps.config, databasePoolSize: 1 });
  const running = pipelinedTransaction(own.sql, async (tx) => {
    const [row] = await tx<[{ pid: number }]>`SELECT pg_backend_pid() AS pid`;
    const sent = tx`SELECT pg_sleep(30)`.execute();
    setTimeout(() => void deps.sql`SELECT pg_terminate_backend(${row.pid})`.execute(), 100);
    return { result: undefined, sent };
  });
  await expect(running).rejects.toThrow();
  expect(await own.sql`SELECT 1 AS one`).toEqual([{ one: 1 }]);
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});
