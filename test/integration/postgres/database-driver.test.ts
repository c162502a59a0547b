/** The PostgreSQL driver with the changes of `patches/`, and proof that it still needs them. */
import { execFile } from "node:child_process";
import { cp, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { promisify } from "node:util";
import postgres from "postgres";
import { describe, expect, inject, it } from "vitest";
import { atEnd } from "../../support/cleanup.ts";
import { temporaryFolder } from "../../support/folder.ts";

const PROJECT = fileURLToPath(new URL("../../..", import.meta.url));

type Sql = postgres.Sql;
type Rows = postgres.PendingQuery<{ x: number }[]>;

const admin: Sql = postgres(inject("databaseServer"), { max: 1 });
atEnd(() => admin.end());

/** A pool of one connection, so that the next statement meets whatever one leaves behind. */
function pool(driver: typeof postgres = postgres): Sql {
  const sql = driver(inject("databaseServer"), { max: 1, onnotice: () => {} });
  atEnd(() => sql.end({ timeout: 1 }));
  return sql;
}

/** Returns four rows, and then an error. */
const failing = (sql: postgres.ISql): Rows => sql`SELECT 1 / (5 - g) AS x FROM generate_series(1, 10) AS g`;
const next = async (sql: postgres.ISql): Promise<unknown[]> => [...(await sql`SELECT 42 AS x`)];
const pidOf = async (sql: postgres.ISql): Promise<number> =>
  (await sql`SELECT pg_backend_pid() AS pid`)[0]?.pid;
/** Returns 2,000 rows, and then sleeps. */
const sleeping = (sql: postgres.ISql) =>
  sql`SELECT g, CASE WHEN g > 2000 THEN pg_sleep(10)::text END FROM generate_series(1, 3000) AS g`;
const waitForSleep = () =>
  expect
    .poll(() => admin`SELECT FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND query LIKE '%g > 2000%'`)
    .toHaveLength(1);

/** Ways in which a statement fails after its first rows. */
const FAILURES: [name: string, run: (sql: Sql) => Promise<unknown>][] = [
  ["a statement", (sql) => failing(sql)],
  [
    "a statement without a name",
    (sql) => sql.unsafe("SELECT 1 / (5 - g) FROM generate_series(1, 10) AS g", []),
  ],
  ["a parameter", (sql) => sql`SELECT 1 / (${5}::int - g) FROM generate_series(1, 10) AS g`],
  [
    "several statements at once",
    (sql) => sql`SELECT 1; SELECT 1 / (5 - g) FROM generate_series(1, 10) AS g`.simple(),
  ],
  ["raw rows", (sql) => failing(sql).raw()],
  ["values", (sql) => failing(sql).values()],
  ["each row by itself", (sql) => failing(sql).forEach(() => {})],
  [
    "a cursor",
    async (sql) => {
      for await (const _ of failing(sql).cursor(3));
    },
  ],
  ["a cursor with a function", (sql) => failing(sql).cursor(3, () => {})],
  ["a transaction", (sql) => sql.begin((tx) => failing(tx))],
  [
    "a savepoint, twice",
    (sql) =>
      sql.begin(async (tx) => {
        await tx.savepoint((inner) => failing(inner)).catch(() => {});
        expect(await next(tx)).toEqual([{ x: 42 }]);
        await tx.savepoint((inner) => failing(inner));
      }),
  ],
  [
    "the statement's time-out",
    async (sql) => {
      await sql`SET statement_timeout = 200`;
      await sleeping(sql);
    },
  ],
  [
    "the end of the connection",
    async (sql) => {
      const pid = await pidOf(sql);
      const kill = async (): Promise<void> => {
        await waitForSleep();
        await admin`SELECT pg_terminate_backend(${pid})`;
      };
      await Promise.all([sleeping(sql), kill()]);
    },
  ],
];

describe("a statement that fails after its first rows", () => {
  it.each(FAILURES)("leaves nothing for the next statement: %s", async (_, run) => {
    const sql = pool();
    await expect(run(sql)).rejects.toThrow();
    expect(await next(sql)).toEqual([{ x: 42 }]);
    expect(await next(sql)).toEqual([{ x: 42 }]);
  });

  it("leaves nothing for a statement sent before it failed", async () => {
    const sql = pool();
    await next(sql);
    const [first, second, third] = await Promise.allSettled([failing(sql), next(sql), next(sql)]);
    expect(first).toMatchObject({ status: "rejected", reason: { code: "22012" } });
    expect(second).toEqual({ status: "fulfilled", value: [{ x: 42 }] });
    expect(third).toEqual({ status: "fulfilled", value: [{ x: 42 }] });
  });

  it("leaves nothing for the next statement if it is cancelled", async () => {
    const sql = pool();
    await next(sql);
    const running = sleeping(sql);
    const outcome = running.then(String, (error: { code: string }) => error.code);
    await waitForSleep();
    running.cancel();
    expect(await outcome).toBe("57014");
    expect(await next(sql)).toEqual([{ x: 42 }]);
  });
});

describe("a connection that ends", () => {
  const closed = { code: "CONNECTION_CLOSED" };

  it("within a transaction fails it, and the next statement uses a new connection", async () => {
    const sql = pool();
    for (let round = 0; round < 3; round++) {
      const running = sql.begin(async (tx) => {
        const pid = await pidOf(tx);
        await Promise.all([tx`SELECT pg_sleep(20)`, admin`SELECT pg_terminate_backend(${pid})`]);
      });
      await expect(running).rejects.toMatchObject(closed);
      expect(await next(sql)).toEqual([{ x: 42 }]);
    }
  });

  it("does not let statements of its transaction run in another one", async () => {
    const sql = pool();
    await sql`CREATE TEMP TABLE IF NOT EXISTS nothing (n int)`;
    const gone = Promise.withResolvers<void>();
    const late = Promise.withResolvers<unknown>();
    const running = sql.begin(async (tx) => {
      await admin`SELECT pg_terminate_backend(${await pidOf(tx)}, 5000)`;
      await gone.promise;
      await tx`SELECT 'late'`.then(late.resolve, late.reject);
    });
    await expect(running).rejects.toMatchObject(closed);
    await sql.begin(async (tx) => {
      gone.resolve();
      await expect(late.promise).rejects.toMatchObject(closed);
      expect(await next(tx)).toEqual([{ x: 42 }]);
    });
  });

  it("between two fetches of a cursor is an error, not the end of its rows", async () => {
    const sql = pool();
    const rows: unknown[] = [];
    const read = async (): Promise<void> => {
      const pid = await pidOf(sql);
      for await (const page of sql`SELECT g FROM generate_series(1, 10) AS g`.cursor(3)) {
        rows.push(...page);
        await admin`SELECT pg_terminate_backend(${pid}, 5000)`;
        // Wait until the driver has noticed.
        await next(sql).catch(() => {});
      }
    };
    await expect(read()).rejects.toMatchObject(closed);
    expect(rows).toHaveLength(3);
  });
});

/** The driver without the changes of its patch. */
async function unpatched(): Promise<typeof postgres> {
  const folder = await temporaryFolder();
  const [patch = ""] = (await readdir(join(PROJECT, "patches"))).filter((name) =>
    name.startsWith("postgres+"),
  );
  for (const name of ["node_modules/postgres", join("patches", patch)])
    await cp(join(PROJECT, name), join(folder, name), { recursive: true });
  await writeFile(join(folder, "package.json"), "{}");
  const tool = join(PROJECT, "node_modules/patch-package/index.js");
  await promisify(execFile)(process.execPath, [tool, "--reverse"], { cwd: folder });
  return (await import(pathToFileURL(join(folder, "node_modules/postgres/src/index.js")).href)).default;
}

it("the driver still needs its patch: if this fails, a new version has a fix, and the patch can go", async () => {
  const sql = pool(await unpatched());
  await expect(failing(sql)).rejects.toThrow();
  // https://github.com/porsager/postgres/issues/1119 and 1181
  expect(await next(sql)).not.toEqual([{ x: 42 }]);
});
