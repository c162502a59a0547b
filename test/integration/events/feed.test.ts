/** The change feed's parameters and pages. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { listEvents } from "../../../lib/events/contract.ts";
import { decodeCursor, encodeCursor, isTextPart } from "../../../lib/http/cursor.ts";
import { moveHorizon } from "../../../lib/maintenance/sql/horizon.ts";
import { pruneFeed } from "../../../lib/maintenance/sql/prune.ts";
import { transaction } from "../../../lib/postgres/transaction.ts";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { feedPage, followFeed } from "../../support/http/feed.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { aRow, askerOf, insertMany, insertRows } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const { sql } = deps;
const admin = await askerOf(deps, "boss", ["admin"]);
const acme = await askerOf(deps, "acme");
const beta = await askerOf(deps, "beta");
const minutesAgo = (count: number): string => new Date(Date.now() - count * 60_000).toISOString();
const partsOf = (cursor: string) =>
  decodeCursor(cursor, [isTextPart, isTextPart, isTextPart, isTextPart, isTextPart]);

describe("a page of the feed", () => {
  it("comes in the order of storing, not of the timestamps, with next_cursor also if it is empty", async () => {
    for (const [n, age] of [5, 90, 0].entries())
      await insertRows(deps, [
        aRow({ event_id: `order-${n}`, event_type: "order", event_time: minutesAgo(age) }),
      ]);
    const query = { event_type: "order", limit: "2" };
    const first = await feedPage(acme, undefined, query);
    expect(first.events.map(({ event_id }) => event_id)).toEqual(["order-0", "order-1"]);
    const second = await feedPage(acme, first.next_cursor, query);
    expect(second.events.map(({ event_id }) => event_id)).toEqual(["order-2"]);
    const third = await feedPage(acme, second.next_cursor, query);
    expect(third.events).toEqual([]);
    expect(await feedPage(acme, third.next_cursor, query)).toEqual(third);
    await insertRows(deps, [
      aRow({ event_id: "order-3", event_type: "order", event_time: minutesAgo(1_000) }),
    ]);
    expect((await feedPage(acme, third.next_cursor, query)).events).toMatchObject([{ event_id: "order-3" }]);
  });

  it("shows an event as the list does, or erased", async () => {
    const { next_cursor: cursor } = await feedPage(acme, "latest");
    await insertRows(deps, [aRow({ event_type: "same", payload: '{"n":1.50}' })]);
    const list = await acme(listEvents, { query: { event_type: "same" } });
    const feed = await acme(listEvents, { query: { order: "asc", after: cursor } });
    expect(feed.text).toContain('"payload":{"n":1.50}}');
    expect(feed.body.events).toEqual(list.body.events);
    await sql`UPDATE events SET payload = '{"erased":true}' WHERE event_type = 'same'`;
    expect((await feedPage(acme, cursor)).events).toMatchObject([{ payload: { erased: true } }]);
  });

  it("has the client's own events, or with an admin key all, each once, with any limit", async () => {
    const { next_cursor: begin } = await feedPage(admin, "latest");
    // In one statement, with equal times and ids.
    const rows = ["acme", "beta"].flatMap((clientId) =>
      Array.from({ length: 7 }, (_, n) =>
        anEventRow({ clientId, eventId: `shared-${n}`, timestamp: minutesAgo(n % 2) }),
      ),
    );
    await storeEvents(sql, rows);
    await storeEvents(sql, [...rows, anEventRow({ eventId: "one more" })]);
    const all = rows.map(({ clientId, eventId }) => `${clientId} ${eventId}`).concat("acme one more");
    let order: string[] | undefined;
    for (const limit of ["1", "3", "1000"]) {
      const { seen } = await followFeed(admin, begin, { limit });
      expect(seen.toSorted()).toEqual(all.toSorted());
      order ??= seen;
      expect(seen).toEqual(order);
      const own = await followFeed(beta, begin, { limit });
      expect(own.seen).toEqual(order.filter((one) => one.startsWith("beta")));
      expect((await followFeed(admin, begin, { limit, client: "beta" })).seen).toEqual(own.seen);
    }
    const foreign = await beta(listEvents, { query: { order: "asc", client: "acme" } });
    expectProblem(foreign, 403, "insufficient-scope");
  });

  it("filters by type and payload, and passes what does not match", async () => {
    const { next_cursor: begin } = await feedPage(acme, "latest");
    await insertMany(deps, 4_500, (n) => ({
      event_type: "many",
      event_id: `many-${n}`,
      payload: `{"n":${n}}`,
    }));
    const query = { event_type: "many", where: ["payload.n>=4490", "payload.n!=4495"] };
    const { seen, cursor } = await followFeed(acme, begin, { ...query, limit: "4" });
    expect(seen.toSorted()).toEqual([0, 1, 2, 3, 4, 6, 7, 8, 9].map((n) => `acme many-449${n}`));
    // Not one of these events is read again.
    expect((await feedPage(acme, cursor)).events).toEqual([]);
    const none = await feedPage(acme, begin, { event_type: "none" });
    expect(none.events).toEqual([]);
    expect((await feedPage(acme, none.next_cursor)).events).toEqual([]);
  });

  it("ends before its limit if its events are large", async () => {
    const { next_cursor: begin } = await feedPage(acme, "latest");
    const payload = JSON.stringify({ text: randomBytes(450_000).toString("hex") });
    await insertMany(deps, 5, (n) => ({ event_id: `large-${n}`, payload }));
    expect((await feedPage(acme, begin)).events).toHaveLength(2);
    expect(new Set((await followFeed(acme, begin)).seen).size).toBe(5);
  });

  it("has all events of a large statement", async () => {
    const { next_cursor: begin } = await feedPage(acme, "latest");
    const rows = Array.from({ length: 2_345 }, (_, n) => anEventRow({ eventId: `bulk-${n}` }));
    await storeEvents(sql, rows);
    const { seen } = await followFeed(acme, begin, { limit: "999" });
    expect(seen).toHaveLength(rows.length);
    expect(new Set(seen)).toEqual(new Set(rows.map(({ eventId }) => `acme ${eventId}`)));
  });

  it("has no event before the horizon, and continues after it", async () => {
    const { next_cursor: begin } = await feedPage(acme, "latest");
    await insertMany(deps, 250, (n) => ({ event_id: `old-${n}`, event_time: minutesAgo(60 * 24 * 30) }));
    await insertRows(deps, [aRow({ event_id: "kept" })]);
    const [{ position } = { position: 0 }] = await sql`SELECT min(position)::int AS position FROM feed
      WHERE newest < now() - interval '29 days'`;
    await transaction(sql, (tx) => moveHorizon(tx, minutesAgo(60 * 24 * 15)));
    expect((await followFeed(acme, begin, { limit: "10" })).seen).toEqual(["acme kept"]);
    await transaction(sql, (tx) => pruneFeed(tx, minutesAgo(60 * 24 * 15), 10_000));
    expect(await sql`SELECT FROM feed WHERE position = ${position}`).toHaveLength(0);
    expect((await followFeed(acme, begin, { limit: "10" })).seen).toEqual(["acme kept"]);
  });
});

describe("the feed's parameters", () => {
  const refused = async (query: Record<string, string>, ...names: string[]): Promise<void> => {
    const answer = await acme(listEvents, { query });
    expectProblem(answer, 400, "invalid-parameter", ...names);
  };

  it("must go with the order", async () => {
    const at = minutesAgo(1);
    await refused({ order: "asc", start: at }, "start");
    await refused({ order: "asc", end: at }, "end");
    await refused({ order: "asc", event_id: "a" }, "event_id");
    await refused({ after: "latest" }, "after");
    await refused({ order: "desc", wait: "1" }, "wait");
    await refused({ order: "up" }, "order");
  });

  it("wait is from 0 to 20", async () => {
    for (const wait of ["-1", "21", "1.5", "soon", ""]) await refused({ order: "asc", wait }, "wait");
  });

  it("after is a cursor of the feed, and cursor one of the list", async () => {
    await insertMany(deps, 2, () => ({}));
    const list = await acme(listEvents, { query: { limit: "1" } });
    const feed = await feedPage(acme, "latest");
    await refused({ order: "asc", after: String(list.body.next_cursor) }, "after");
    await refused({ order: "asc", cursor: feed.next_cursor }, "cursor");
    await refused({ cursor: feed.next_cursor }, "cursor");
    for (const after of ["none", "bm9uZQ", "newest", "%"]) await refused({ order: "asc", after }, "after");
    const [kind, history, position, client, number] = partsOf(feed.next_cursor);
    for (const parts of [
      ["list", history, position, client, number],
      [kind, history, "-1", client, number],
      [kind, history, "9".repeat(19), client, number],
      [kind, history, position, client, "x"],
      [kind, history, position, client],
    ])
      await refused({ order: "asc", after: encodeCursor(parts) }, "after");
  });

  it("after is refused if it is from another history of the database", async () => {
    const { next_cursor: cursor } = await feedPage(acme, "latest");
    const [kind, history, position, client, number] = partsOf(cursor);
    const ahead = encodeCursor([kind, history, String(Number(position) + 1_000), client, number]);
    await refused({ order: "asc", after: ahead }, "after");
    await sql`UPDATE feed_identity SET id = gen_random_uuid()`;
    const answer = await acme(listEvents, { query: { order: "asc", after: cursor } });
    expectProblem(answer, 400, "invalid-parameter", "after");
    expect(answer.body.errors[0]?.detail).toContain("another history");
    const other = await testDeps();
    const { secret: _ } = await addClient(other, "acme");
    await feedPage(acme, (await feedPage(acme, "latest")).next_cursor);
  });
});
