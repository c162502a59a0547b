/** The plain design that Weir is compared with must work, or the ratio means nothing; so must the bench's loads. */
import { setTimeout as sleep } from "node:timers/promises";
import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { plainHandler } from "../../../bench/baseline/api.ts";
import { addKey, connect, createSchema } from "../../../bench/baseline/schema.ts";
import { plainWorker } from "../../../bench/baseline/worker.ts";
import { Bodies } from "../../../bench/events.ts";
import { empty, fill } from "../../../bench/fill.ts";
import { ingestOf, makeClient } from "../../../bench/handler.ts";
import { openLoop } from "../../../bench/open-loop.ts";
import { median } from "../../../bench/statistics.ts";
import { atEnd } from "../../support/cleanup.ts";
import { counts, stored } from "../../support/pipeline.ts";
import { testDeps, testServers } from "../../support/servers/deps.ts";

describe("the plain design", () => {
  it("accepts an event, stores it once, and records each call", async () => {
    const { databaseUrl, redisUrl } = await testServers();
    const sql = connect(databaseUrl, 2);
    const redis = new Redis(redisUrl);
    atEnd(async () => {
      await sql.end();
      redis.disconnect();
    });
    await createSchema(sql);
    await addKey(sql, "key", "shop");
    const handler = plainHandler(sql, redis);
    const post = async (key: string, body: string): Promise<number> =>
      (await handler({ headers: { "x-api-key": key }, body })).statusCode;
    const body = new Bodies().one();
    const statuses = [
      await post("key", body),
      await post("key", body),
      await post("key", "{"),
      await post("?", body),
    ];
    expect(statuses).toEqual([202, 202, 400, 401]);
    expect(await plainWorker(sql, redis)).toBe(2);
    const [row] = await sql`
      SELECT count(*)::int AS events, min(payload->>'user') AS "user", min(event_id) AS id FROM plain_events`;
    expect(row).toEqual({ events: 1, user: JSON.parse(body).payload.user, id: JSON.parse(body).event_id });
    const audit = await sql`SELECT status FROM plain_audit ORDER BY id`;
    expect(audit.map(({ status }) => status)).toEqual(statuses);
  });
});

describe("the bench's load", () => {
  it("consists of new events that Weir accepts and its workers store", async () => {
    const deps = await testDeps();
    const secret = await makeClient(deps, "shop", ["ingest"]);
    await fill(deps, secret, { events: 300, perRequest: 100 });
    await fill(deps, secret, { events: 20, perRequest: 10, spreadMs: 3_600_000 });
    await fill(deps, secret, { events: 3, perRequest: 1 });
    await empty(deps, 2, 4);
    expect(await counts(deps, "shop")).toEqual(stored(323, { accepted: 323, duplicates: 0 }));
  });
});

describe("an open loop", () => {
  it("measures requests from when they were due, and each event until it can be read", async () => {
    const deps = await testDeps();
    const send = ingestOf(deps, await makeClient(deps, "shop", ["ingest"]));
    let working = true;
    const worker = (async () => {
      while (working) {
        await empty(deps, 1, 10);
        await sleep(5);
      }
    })();
    // One request at a time, 20 ms each, while one is due every 10 ms; the fifth is refused.
    let last = Promise.resolve(0);
    let count = 0;
    const serve = async (body: string): Promise<number> => {
      await sleep(20);
      if (++count === 5) return 503;
      await send(body);
      return 202;
    };
    const post = (_path: string, body: string): Promise<number> => {
      last = last.then(() => serve(body));
      return last;
    };
    const options = { rate: 100, perRequest: 1, seconds: 0.4 };
    const arrived = await openLoop({ post, close: () => {} }, deps.sql, "shop", options);
    working = false;
    await worker;
    expect(arrived).toMatchObject({ sent: 40, accepted: 39, missing: 0 });
    expect([arrived.acceptedMs.length, arrived.queryableMs.length]).toEqual([39, 39]);
    // Each waited longer than the one before it, though its own answer took no longer.
    const [first, last10] = [arrived.acceptedMs.slice(0, 10), arrived.acceptedMs.slice(-10)];
    expect(median(last10)).toBeGreaterThan(median(first));
  });
});
