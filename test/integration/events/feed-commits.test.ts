/** The feed is complete although transactions commit in another order than they store, or never. */
import { setTimeout as sleep } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { storeEvents } from "../../../lib/worker/sql/store-events.ts";
import { anEventRow } from "../../support/event-rows.ts";
import { freshDeps, someEvents, workOnce, workUntilEmpty } from "../../support/faults.ts";
import { feedPage, followFeed } from "../../support/http/feed.ts";
import { type Ask, asker, askerOf } from "../../support/http/reading.ts";
import { addClient, send } from "../../support/pipeline.ts";
import { testConfig } from "../../support/servers/deps.ts";

const config = await testConfig({ queueVisibilitySeconds: 2 });
const deps = freshDeps(config);
const { sql } = deps;
const admin = await askerOf(deps, "boss", ["admin"]);
const clients = await Promise.all(["acme", "beta"].map((name) => addClient(deps, name)));

/** A writer with one connection, and so at most one transaction. */
function openWriter() {
  const own = freshDeps({ ...config, databasePoolSize: 1 }).sql;
  const pending: string[] = [];
  /** @returns the ids that the transaction stored */
  const end = async (how: "COMMIT" | "ROLLBACK"): Promise<string[]> => {
    if (pending.length > 0) await own.unsafe(how);
    return pending.splice(0);
  };
  return {
    /** Stores an event in the transaction, and begins one if there is none. */
    store: async (eventId: string, clientId = "acme"): Promise<void> => {
      if (pending.length === 0) await own`BEGIN`;
      pending.push(eventId);
      await storeEvents(own, [anEventRow({ clientId, eventId })]);
    },
    commit: () => end("COMMIT"),
    rollback: () => end("ROLLBACK"),
  };
}

const idsOf = (seen: readonly string[]): string[] => seen.map((one) => one.split(" ").slice(1).join(" "));

describe("an event that was stored first and committed last", () => {
  it("comes first, and the feed waits for it", async () => {
    const [slow, fast] = [openWriter(), openWriter()];
    const { next_cursor: begin } = await feedPage(admin, "latest");
    await slow.store("slow");
    const { next_cursor: during } = await feedPage(admin, "latest");
    await fast.store("fast");
    await fast.commit();
    for (const cursor of [begin, during])
      expect(await feedPage(admin, cursor)).toEqual({ events: [], next_cursor: cursor });
    await slow.commit();
    for (const cursor of [begin, during])
      expect(idsOf((await followFeed(admin, cursor)).seen)).toEqual(["slow", "fast"]);
  });

  it("never comes if its transaction fails, and then holds nothing back", async () => {
    const [doomed, other] = [openWriter(), openWriter()];
    const { next_cursor: begin } = await feedPage(admin, "latest");
    await doomed.store("doomed");
    await other.store("other");
    await other.commit();
    expect((await feedPage(admin, begin)).events).toEqual([]);
    await doomed.rollback();
    expect(idsOf((await followFeed(admin, begin)).seen)).toEqual(["other"]);
  });
});

it("transactions that store no events do not hold the feed back, whoever left them open", async () => {
  const person = await sql.reserve();
  await person`BEGIN ISOLATION LEVEL REPEATABLE READ`;
  await person`INSERT INTO health_checks VALUES (now(), 'ok', '{}')`;
  const [{ xid } = { xid: "" }] = await person<[{ xid: string }]>`SELECT pg_current_xact_id()::text AS xid`;
  const { next_cursor: begin } = await feedPage(admin, "latest");
  await storeEvents(sql, [anEventRow({ eventId: "not held back" })]);
  expect(idsOf((await followFeed(admin, begin)).seen)).toEqual(["not held back"]);
  // By transaction ids, the feed would be held back.
  const [held] = await sql`SELECT pg_snapshot_xmin(pg_current_snapshot()) <= ${xid}::text::xid8 AS held`;
  expect(held).toEqual({ held: true });
  await person`ROLLBACK`;
  person.release();
});

it("any interleaving of four writers is read completely, in one order, each event once", async () => {
  const writers = Array.from({ length: 4 }, openWriter);
  const step = fc.record({
    writer: fc.constantFrom(...writers),
    act: fc.constantFrom("store", "store", "commit", "commit", "rollback", "read", "read"),
  });
  type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;
  let number = 0;
  const run = async (steps: readonly Step[], limit: string): Promise<void> => {
    const { next_cursor: begin } = await feedPage(admin, "latest");
    const committed: string[] = [];
    const seen: string[] = [];
    let cursor = begin;
    const read = async (): Promise<void> => {
      const page = await followFeed(admin, cursor, { limit });
      cursor = page.cursor;
      seen.push(...page.seen);
    };
    for (const { writer, act } of steps) {
      if (act === "read") await read();
      if (act === "store") await writer.store(`step-${number++}`, number % 2 ? "acme" : "beta");
      if (act === "commit") committed.push(...(await writer.commit()));
      if (act === "rollback") await writer.rollback();
    }
    await Promise.all(writers.map((writer) => writer.rollback()));
    await read();
    expect(idsOf(seen).toSorted()).toEqual(committed.toSorted());
    expect((await followFeed(admin, begin, { limit: "1000" })).seen).toEqual(seen);
  };
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), fc.constantFrom("1", "3"), run),
    { numRuns: 40, endOnFailure: true },
  );
}, 60_000);

describe("with four workers, delayed commits, workers that are cut off, and redelivery", () => {
  const REQUESTS = 60;
  const EVENTS = 12;

  /** What has come through the queue, as "client id". */
  const stored = async (): Promise<string[]> => {
    const rows = await sql<{ one: string }[]>`
      SELECT client_id || ' ' || event_id AS one FROM events JOIN receipts USING (client_id, receipt_id)`;
    return rows.map(({ one }) => one);
  };

  /** Delays each commit for a time of its own, after the position was given out. */
  const delayCommits = async (): Promise<void> => {
    await sql`
      CREATE FUNCTION delay_commit() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN PERFORM pg_sleep(random() * 0.05); RETURN NULL; END $$`;
    await sql`
      CREATE CONSTRAINT TRIGGER delay_commit AFTER INSERT ON feed DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION delay_commit()`;
  };

  /** Follows with a small limit and waits, until it is told that nothing more comes. */
  async function follow(ask: Ask, begin: string, done: () => boolean): Promise<string[]> {
    const seen: string[] = [];
    for (let cursor = begin; ; ) {
      const last = done();
      const page = await feedPage(ask, cursor, { limit: "7", wait: "1" });
      seen.push(...page.events.map(({ client_id, event_id }) => `${client_id} ${event_id}`));
      cursor = page.next_cursor;
      if (last && page.events.length === 0) return seen;
    }
  }

  /** Ends connections of workers in mid-transaction, as the death of their process would. */
  async function cutOff(done: () => boolean): Promise<number> {
    let count = 0;
    while (!done()) {
      await sleep(100);
      const rows = await sql`
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'doomed' AND xact_start IS NOT NULL
           AND query ~ 'COMMIT|commit|INSERT' ORDER BY random() LIMIT 1`;
      count += rows.length;
    }
    return count;
  }

  it("readers see what is in the table, each event once, in the feed's order", async () => {
    await delayCommits();
    const { next_cursor: begin } = await feedPage(admin, "latest");
    const url = new URL(config.databaseUrl);
    url.searchParams.set("application_name", "doomed");
    const workers = Array.from({ length: 4 }, () =>
      freshDeps({ ...config, databasePoolSize: 1, databaseUrl: url.href }),
    );
    for (let n = 0; n < REQUESTS; n++) {
      const answer = await send(deps, clients[n % 2]?.secret, someEvents(EVENTS));
      expect(answer.status).toBe(202);
    }
    let done = false;
    const readers = [admin, ...clients.map(({ secret }) => asker(deps, secret))].map((ask) =>
      follow(ask, begin, () => done),
    );
    const worked = workers.map(async (worker) => {
      while (!done) {
        await workOnce(worker, 3);
        await sleep(5);
      }
    });
    let calm = false;
    const killed = cutOff(() => calm);
    await expect
      .poll(async () => (await stored()).length, { timeout: 45_000 })
      .toBeGreaterThan(REQUESTS * EVENTS * 0.6);
    calm = true;
    expect(await killed).toBeGreaterThan(0);
    await workUntilEmpty(deps);
    done = true;
    await Promise.all(worked);
    const [all, acme, beta] = await Promise.all(readers);

    const table = await stored();
    expect(table.length).toBe(REQUESTS * EVENTS);
    expect(all?.toSorted()).toEqual(table.toSorted());
    expect((await followFeed(admin, begin, { limit: "1000" })).seen).toEqual(all);
    expect(acme).toEqual(all?.filter((one) => one.startsWith("acme")));
    expect(beta).toEqual(all?.filter((one) => one.startsWith("beta")));
  }, 120_000);
});
