/** Readers that wait for events, and what they cost others. */
import type { Context } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { httpHandler } from "../../../lib/app/handler.ts";
import { listEvents } from "../../../lib/events/contract.ts";
import { listEvents as run } from "../../../lib/events/list.ts";
import { serve } from "../../../lib/http/call.ts";
import { freshDeps } from "../../support/faults.ts";
import { feedPage } from "../../support/http/feed.ts";
import { gatewayEvent } from "../../support/http/gateway.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { aRow, asker, insertRows } from "../../support/http/reading.ts";
import { addClient, toAnswer } from "../../support/pipeline.ts";
import { testConfig } from "../../support/servers/deps.ts";

const config = await testConfig();
const near = freshDeps(config);
const acme = await addClient(near, "acme");
const beta = await addClient(near, "beta");
// As on Lambda.
const deps = freshDeps({ ...config, databasePoolSize: 1 });
const ask = asker(deps, acme.secret);

/** The state of a promise now. */
const isPending = async (promise: Promise<unknown>): Promise<boolean> => {
  const open = Symbol("open");
  return (await Promise.race([promise, Promise.resolve(open)])) === open;
};

describe("a call with wait", () => {
  it("returns what is stored while it waits, and leaves the connection to others meanwhile", async () => {
    const { next_cursor: cursor } = await feedPage(ask, "latest");
    const waiting = feedPage(ask, cursor, { wait: "20" });
    for (let n = 0; n < 5; n++) expect((await ask(listEvents)).status).toBe(200);
    // Another client's events do not end the wait.
    await insertRows(near, [aRow({ client_id: "beta" })]);
    expect(await isPending(waiting)).toBe(true);
    await insertRows(near, [aRow({ event_id: "awaited" })]);
    const page = await waiting;
    expect(page.events).toMatchObject([{ event_id: "awaited" }]);
    expect(page.next_cursor).not.toBe(cursor);
  });

  it("returns at once what is there, and after its time an unchanged cursor", async () => {
    await insertRows(near, [aRow()]);
    const { next_cursor: cursor } = await feedPage(ask, "latest");
    const waiting = feedPage(ask, cursor, { wait: "2" });
    expect((await feedPage(ask, undefined, { wait: "20", limit: "1" })).events).toHaveLength(1);
    expect(await isPending(waiting)).toBe(true);
    expect(await waiting).toEqual({ events: [], next_cursor: cursor });
  });

  it("ends before the function's time does", async () => {
    const { next_cursor: after } = await feedPage(ask, "latest");
    const handler = httpHandler(() => deps, [serve(listEvents, run)]);
    const event = gatewayEvent({
      method: "GET",
      route: "/v1/events",
      query: new URLSearchParams({ order: "asc", wait: "20", after }),
      headers: { "x-api-key": acme.secret },
    });
    const endsAt = Date.now() + 4_000;
    const context = { getRemainingTimeInMillis: () => endsAt - Date.now() } as Context;
    const answer = toAnswer(await handler(event, context));
    expect(answer).toMatchObject({ status: 200, body: { events: [], next_cursor: after } });
  });
});

it("a process lets a limited number of calls wait, and each client a part of them", async () => {
  const limited = freshDeps({ ...config, feedMaxWaiting: 6 });
  const [one, other] = [asker(limited, acme.secret), asker(limited, beta.secret)];
  const { next_cursor: cursor } = await feedPage(one, "latest");
  const query = { order: "asc", after: cursor, wait: "20" };
  const calls = [1, 2, 3].map(() => one(listEvents, { query }));
  // Two may wait.
  const answer = await Promise.race(calls);
  expectProblem(answer, 503, "overloaded");
  expect(answer.headers["retry-after"]).toBe("10");
  // Others can wait, and the client can read without waiting.
  expect(await feedPage(other, cursor, { wait: "1" })).toEqual({ events: [], next_cursor: cursor });
  expect((await feedPage(one, cursor)).events).toEqual([]);
  await insertRows(near, [aRow()]);
  const answers = await Promise.all(calls);
  expect(answers.map(({ status }) => status).toSorted()).toEqual([200, 200, 503]);
  const { next_cursor: end } = await feedPage(one, "latest");
  expect((await feedPage(one, end, { wait: "1" })).events).toEqual([]);
});
