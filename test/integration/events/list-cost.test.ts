/** How many pages of the database a list reads, however many events there are beside those that it shows. */
import { describe, expect, it } from "vitest";
import { DAY_MS, instantOf } from "../../../lib/base/time.ts";
import { startOfNewest } from "../../../lib/events/newest.ts";
import { type EventFilter, streamEvents } from "../../../lib/events/sql/list-events.ts";
import { connectDatabase } from "../../../lib/postgres/client.ts";
import { newSteps } from "../../../lib/postgres/lock-retry.ts";
import { ensureIndexes } from "../../../lib/storage/indexes.ts";
import { partitionStart } from "../../../lib/storage/partitions.ts";
import { atEnd } from "../../support/cleanup.ts";
import { testDeps } from "../../support/servers/deps.ts";

const { sql, config } = await testDeps();
/** One connection, so that its statistics are those of the list. */
const session = connectDatabase({ ...config, databasePoolSize: 1 });
atEnd(() => session.end());

const now = Date.now();
const lastWeek = partitionStart("events", now - 9 * DAY_MS);
const ALL: EventFilter = {
  clientId: null,
  eventType: undefined,
  start: instantOf(now - 400 * DAY_MS),
  end: undefined,
  where: [],
  after: undefined,
};

/** Adds events to `events` alone, in the order of their times. @param every milliseconds between them */
async function fill(type: string, count: number, first: number, every: number, clients = 1): Promise<void> {
  await sql`
    INSERT INTO events (client_id, event_id, event_type, event_time, received_at, processed_at, receipt_id, payload)
    SELECT 'client-' || n % ${clients}, ${type} || n, ${type}, at, at, at, gen_random_uuid(), '{"some":"text of a payload"}'
      FROM (SELECT n, ${new Date(first).toISOString()}::timestamptz + n * ${every} * interval '1 millisecond' AS at
              FROM generate_series(1, ${count}::int) AS n) AS given`;
}

interface Cost {
  rows: number;
  pages: number;
  after: EventFilter["after"];
}

/** Reads a page of a list as the API does. */
async function list(filter: Partial<EventFilter>, rows = 100): Promise<Cost> {
  const all = { ...ALL, ...filter };
  const read = async (): Promise<Pick<Cost, "rows" | "after">> => {
    let found = 0;
    let after: EventFilter["after"];
    const from = await startOfNewest(session, all, rows, now);
    for await (const page of streamEvents(session, all, { rows, bytes: 2_000_000 }, from)) {
      found += page.length;
      const last = page.at(-1);
      if (last) after = [last.event_time, last.event_id, last.client_id];
    }
    return { rows: found, after };
  };
  // The first reading loads the catalog. What other sessions have read must not be reported during the second.
  await read();
  await Promise.all(
    Array.from(
      { length: config.databasePoolSize },
      () => sql`SELECT pg_stat_force_next_flush(), pg_sleep(0.05)`,
    ),
  );
  const before = await blocks();
  const result = await read();
  return { ...result, pages: (await blocks()) - before };
}

/** What a list reads in any case: a few pages of each partition's indexes. */
const unavoidable = async (): Promise<number> => (await list({ clientId: "nobody" })).pages;

/** Blocks of `events` and its indexes that this session has read, from its cache or not. */
async function blocks(): Promise<number> {
  // Statistics of an idle session are at most a second old, unless it is told to write them.
  await session`SELECT pg_stat_force_next_flush()`;
  const [row] = await sql<[{ blocks: number }]>`
    SELECT sum(heap_blks_hit + heap_blks_read + idx_blks_hit + idx_blks_read)::float8 AS blocks
      FROM pg_statio_user_tables WHERE relname LIKE 'events%'`;
  return row.blocks;
}

describe("a list reads what it shows", () => {
  it("of one client's events of one time, at its begin and at its end", async () => {
    await fill("instant-", 40_000, now - DAY_MS, 0);
    await sql`ANALYZE events`;
    const clientId = "client-0";
    const first = await list({ clientId });
    const deep = await list({ clientId, after: (await list({ clientId }, 39_000)).after });
    expect([first.rows, deep.rows]).toEqual([100, 100]);
    for (const { pages } of [first, deep]) expect(pages - (await unavoidable())).toBeLessThan(2 * 100);
  });

  it("of all clients, however many there are", async () => {
    await sql`
      INSERT INTO clients (client_id, name, active, rate_limit_per_second, burst)
      SELECT 'client-' || n, 'one of many', true, 1000, 1000 FROM generate_series(0, 4999) AS n ON CONFLICT DO NOTHING`;
    await fill("many-", 40_000, now - 40_000_000, 1_000, 5_000);
    await sql`VACUUM ANALYZE events`;
    const page = await list({});
    const next = await list({ after: page.after });
    expect([page.rows, next.rows]).toEqual([100, 100]);
    // A probe of each client's index takes 10,000.
    for (const { pages } of [page, next]) expect(pages).toBeLessThan(1_000);
  });

  it("of a rare type, once the week is over and maintenance has run", async () => {
    await fill("common-", 40_000, lastWeek, 1_000);
    await fill("rare-", 20, lastWeek, 2_000_000);
    await sql`ANALYZE events`;
    const filter = { clientId: "client-0", eventType: "rare-", end: instantOf(lastWeek + 7 * DAY_MS) };
    const before = await list(filter);
    const built: string[] = [];
    await ensureIndexes(newSteps(sql), now, built);
    const name = `events_${new Date(lastWeek).toISOString().slice(0, 10).replaceAll("-", "")}`;
    expect(built).toEqual([`${name}_type_client_time`]);
    await sql`ANALYZE events`;
    const after = await list(filter);
    expect([before.rows, after.rows]).toEqual([20, 20]);
    const least = await unavoidable();
    expect(after.pages - least).toBeLessThan((before.pages - least) / 5);
    await ensureIndexes(newSteps(sql), now, built);
    expect(built).toHaveLength(1);
  });
});

describe("maintenance of indexes", () => {
  const indexes = (table: string) => sql<{ name: string; valid: boolean; parent: string | null }[]>`
    SELECT c.relname AS name, x.indisvalid AS valid, p.relname AS parent
      FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
      LEFT JOIN pg_inherits i ON i.inhrelid = c.oid LEFT JOIN pg_class p ON p.oid = i.inhparent
     WHERE x.indrelid = ${table}::regclass ORDER BY 1`;

  it("builds what a migration left for later, and then drops the index that it replaces", async () => {
    // As migration 0018 leaves a system whose partitions are all large.
    await sql`DROP INDEX events_client_time_id`;
    await sql`CREATE INDEX events_client_time ON events (client_id, event_time)`;
    await sql`CREATE INDEX events_client_time_id ON ONLY events (client_id, event_time, event_id)`;
    const valid = async (): Promise<[string, boolean][]> =>
      (await indexes("events")).map((one) => [one.name, one.valid]);
    expect(await valid()).toContainEqual(["events_client_time_id", false]);

    const cut: string[] = [];
    let begun = 0;
    const soon = newSteps(sql, {
      before: () => {
        if (++begun > 6) throw new Error("The process ends.");
      },
    });
    await expect(ensureIndexes(soon, now, cut)).rejects.toThrow("The process ends.");
    expect(cut.length).toBeGreaterThan(0);
    expect(await valid()).toContainEqual(["events_client_time", true]);

    await ensureIndexes(newSteps(sql), now, []);
    expect(await valid()).toEqual([
      ["events_client_time_id", true],
      ["events_time", true],
    ]);
    expect(await indexes("events_default")).toMatchObject([
      { parent: "events_client_time_id", valid: true },
      { parent: "events_time", valid: true },
    ]);
  });

  it("leaves an index that takes longer than a run to the server, and begins again with one that failed", async () => {
    const table = `events_${new Date(lastWeek).toISOString().slice(0, 10).replaceAll("-", "")}`;
    const name = `${table}_type_client_time`;
    const state = async (): Promise<boolean | undefined> =>
      (await indexes(table)).find((index) => index.name === name)?.valid;
    await sql.unsafe(`DROP INDEX IF EXISTS ${name}`);
    /** Begins a run that ends early, since a transaction holds up the building. */
    const cut = async (): Promise<() => Promise<void>> => {
      const end = Promise.withResolvers<void>();
      const began = Promise.withResolvers<void>();
      const holding = sql.begin(async (tx) => {
        await tx.unsafe(`LOCK TABLE ${table} IN ROW EXCLUSIVE MODE`);
        began.resolve();
        await end.promise;
      });
      await began.promise;
      const run = connectDatabase({ ...config, databasePoolSize: 2 });
      await expect(ensureIndexes(newSteps(run, { endsAt: Date.now() + 500 }), now, [])).rejects.toThrow(
        "The time was up",
      );
      // As the process ends.
      await run.end({ timeout: 0 });
      return async () => {
        end.resolve();
        await holding;
      };
    };
    const release = await cut();
    expect(await state()).toBe(false);
    const built: string[] = [];
    await ensureIndexes(newSteps(sql), now, built);
    expect([built, await state()]).toEqual([[], false]);
    await release();
    await expect.poll(state, { timeout: 20_000 }).toBe(true);

    await sql.unsafe(`DROP INDEX ${name}`);
    const releaseAgain = await cut();
    await sql`SELECT pg_terminate_backend(pid) FROM pg_stat_progress_create_index WHERE datname = current_database()`;
    await releaseAgain();
    expect(await state()).toBe(false);
    // The session that was ended may still be listed for a moment.
    await expect
      .poll(async () => {
        await ensureIndexes(newSteps(sql), now, built);
        return state();
      })
      .toBe(true);
  });
});
