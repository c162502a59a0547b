/** How many pages a reader at the end of the feed reads, and how many a page of events. */
import postgres from "postgres";
import { expect, it } from "vitest";
import { readFeed, readFeedState } from "../../../lib/events/sql/feed.ts";
import { types } from "../../../lib/postgres/types.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { atEnd } from "../../support/cleanup.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { testDeps } from "../../support/servers/deps.ts";

const { sql, config } = await testDeps();
let last: { text: string; values: unknown[] };
const watched = postgres(config.databaseUrl, {
  max: 1,
  types,
  fetch_types: false,
  debug: (_connection, text, values) => {
    last = { text, values };
  },
});
atEnd(() => watched.end());

/** Pages that the statement reads, in a session that has its functions' plans. */
async function pagesRead(ask: () => Promise<unknown>): Promise<number> {
  await ask();
  const { text, values } = last;
  const explain = `EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) ${text}`;
  await watched.unsafe(explain, values as postgres.ParameterOrJSON<never>[]);
  const [row] = await watched.unsafe(explain, values as postgres.ParameterOrJSON<never>[]);
  const plan = row?.["QUERY PLAN"]?.[0]?.Plan;
  return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"];
}

/** Adds positions of a client each, out of 2,000, as single events do. */
async function fill(positions: number): Promise<void> {
  await sql`
    INSERT INTO feed
    SELECT nextval('feed_position'), 'client-' || n % 2000, 0, 1, ARRAY[gen_random_uuid()], ARRAY[now()], now()
      FROM generate_series(1, ${positions}::int) AS n`;
  await sql`ANALYZE feed`;
}

const place = async (ago: number) => {
  const [row] = await sql<
    [{ position: string }]
  >`SELECT (max(position) - ${ago}::int)::text AS position FROM feed`;
  return { position: row.position, clientId: "\u{10ffff}", number: 0 };
};

it("an empty poll reads a few pages, however long the feed is and however many clients it has", async () => {
  const CASES = [
    ["all clients", null, 0],
    ["a client", "client-7", 0],
    // Whose last event is older than the cursor, which is far behind the end.
    ["a client without events", "nobody", 10_000],
  ] as const;
  const measure = async (): Promise<number[]> => {
    const pages: number[] = [];
    for (const [, clientId, ago] of CASES) {
      const after = await place(ago);
      pages.push(await pagesRead(() => readFeedState(watched, clientId, after)));
    }
    return pages;
  };
  await fill(20_000);
  const short = await measure();
  await fill(200_000);
  const long = await measure();
  for (const [n, [name]] of CASES.entries()) {
    expect(long[n], name).toBeLessThan(40);
    // One level more of an index.
    expect(long[n], name).toBeLessThanOrEqual((short[n] ?? 0) + 3);
  }
});

it("a page reads the events that it shows, also if many have one time", async () => {
  const timestamp = new Date().toISOString();
  for (let n = 0; n < 20; n++)
    await storeEvents(
      sql,
      Array.from({ length: 100 }, () => anEventRow({ clientId: "daily", timestamp })),
    );
  const after = { position: "0", clientId: "", number: 0 };
  const [{ end }] = await sql<[{ end: string }]>`SELECT feed_end()::text AS end`;
  const filter = { clientId: "daily", eventType: undefined, where: [] };
  const read = (events: number) =>
    pagesRead(() => readFeed(watched, filter, { after, end }, { events, entries: events, bytes: 1_000_000 }));
  // Once for all of them: reading the 2,000 events of the time for each would take 50 times as many pages.
  expect(await read(100)).toBeLessThan(3 * (await read(2)));
});
