import { beforeAll, describe, expect, test } from "vitest";
import { RELATIVE_ERROR } from "../../../lib/analytics/hyperloglog.ts";
import * as contract from "../../../lib/analytics/properties-contract.ts";
import { getUniques } from "../../../lib/analytics/uniques.ts";
import { closeDeps, createDeps, type Deps } from "../../../lib/app/connect.ts";
import { httpHandler } from "../../../lib/app/handler.ts";
import { serve } from "../../../lib/http/call.ts";
import { gatewayEvent } from "../../support/http/gateway.ts";
import { type Ask, aRow, asker, insertRows } from "../../support/http/reading.ts";
import { addClient, context, toAnswer } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

let deps: Deps;
let admin: Ask;
let acme: Ask;
let acmeSecret: string;

beforeAll(async () => {
  deps = await testDeps();
  admin = asker(deps, (await addClient(deps, "boss", { scopes: ["admin"] })).secret);
  acmeSecret = (await addClient(deps, "acme")).secret;
  acme = asker(deps, acmeSecret);
  await addClient(deps, "beta");
});

const insertPayloads = (event_type: string, payloads: readonly string[], client_id = "acme") =>
  insertRows(
    deps,
    payloads.map((payload) => aRow({ client_id, event_type, payload })),
  );

describe("GET /v1/analytics/top", () => {
  const big = "12345678901234567890";

  beforeAll(async () => {
    const values = ['"b"', '"b"', '"b"', '"a"', '"a"', big, big, "1", "1.0", "null", '{"x":0.10}', "true"];
    await insertPayloads("top", [
      ...values.map((value) => `{"p":{"v":${value}},"n":1}`),
      '{"n":2}',
      '{"p":{}}',
    ]);
    await insertPayloads("top", ['{"p":{"v":"b"}}'], "beta");
  });

  test("counts values as sent, largest count first, then by their bytes", async () => {
    const { text, body } = await acme(contract.getTop, {
      query: { property: "payload.p.v", event_type: "top" },
    });
    const expected = [
      `{"value":"b","count":3}`, `{"value":"a","count":2}`, `{"value":${big},"count":2}`, `{"value":1,"count":1}`,
      `{"value":1.0,"count":1}`, `{"value":null,"count":1}`, `{"value":true,"count":1}`,
      `{"value":{"x":0.10},"count":1}`,
    ]; // biome-ignore format: one value after the other
    expect(text).toContain(`{"values":[${expected.join(",")}],"events":12,"too_long":0,`);
    expect(body).toMatchObject({ source: "raw", as_of: expect.any(String) });
  });

  test("takes a limit, conditions and a client, and covers all clients for an admin", async () => {
    const query = { property: "payload.p.v", event_type: "top", limit: "1" };
    expect((await acme(contract.getTop, { query })).body.values).toEqual([{ value: "b", count: 3 }]);
    expect((await admin(contract.getTop, { query })).body.values).toEqual([{ value: "b", count: 4 }]);
    const other = { ...query, client: "beta" };
    expect((await admin(contract.getTop, { query: other })).body.values).toEqual([{ value: "b", count: 1 }]);
    expect((await acme(contract.getTop, { query: other })).body.code).toBe("insufficient-scope");
    const where = { ...query, where: "payload.p.v!=b" };
    expect((await acme(contract.getTop, { query: where })).body).toMatchObject({
      values: [{ value: "a", count: 2 }],
      events: 9,
    });
  });

  test("omits values that are too long, and reports how many", async () => {
    const [fits, long] = [998, 999].map((length) => `{"v":"${"x".repeat(length)}"}`);
    await insertPayloads("long", [fits ?? "", long ?? "", long ?? ""]);
    const { body } = await acme(contract.getTop, { query: { property: "payload.v", event_type: "long" } });
    expect(body).toMatchObject({ values: [{ count: 1 }], events: 3, too_long: 2 });
    const { body: none } = await acme(contract.getTop, {
      query: { property: "payload.v", event_type: "none" },
    });
    expect(none).toMatchObject({ values: [], events: 0, too_long: 0 });
  });

  test.each([{ property: "v" }, { property: "payload.v", limit: "1001" }, {}])(
    "refuses %j",
    async (query) => {
      const { status, body } = await acme(contract.getTop, { query });
      expect([status, body.code]).toEqual([400, "invalid-parameter"]);
    },
  );
});

describe("GET /v1/analytics/uniques", () => {
  /** Queries with another limit for exact counting. */
  async function uniques(query: Record<string, string>, exactEvents: number) {
    const handler = httpHandler(
      () => deps,
      [serve(contract.getUniques, (call) => getUniques(call, exactEvents))],
    );
    const route = contract.getUniques.path;
    const headers = { "x-api-key": acmeSecret };
    const answer = toAnswer(await handler(gatewayEvent({ method: "GET", route, query, headers }), context));
    expect(contract.getUniques.responses[200].safeParse(answer.body).error).toBeUndefined();
    return answer.body as unknown as {
      count: number;
      buckets?: { bucket: string; count: number }[];
      method: string;
      relative_error: number;
    };
  }

  test("counts distinct values by bucket and in total, without null and missing ones", async () => {
    // Berlin: 23:30 and 00:30 around midnight, the latter on the day when clocks go forward.
    const at = (event_time: string, user: string) =>
      aRow({ event_type: "visit", event_time, payload: `{"user":${user}}` });
    await insertRows(deps, [
      at("2026-03-28T22:30:00Z", '"ann"'),
      at("2026-03-28T22:40:00Z", '"ann"'),
      at("2026-03-28T23:30:00Z", '"bob"'),
      at("2026-03-29T21:59:59.999999Z", '"ann"'),
      at("2026-03-29T22:00:00Z", "1"),
      at("2026-03-29T22:00:00Z", '"1"'),
      at("2026-03-29T22:00:00Z", "null"),
      at("2026-04-02T10:00:00Z", "null"),
      aRow({ event_type: "visit", event_time: "2026-03-29T22:00:00Z", payload: "{}" }),
    ]);
    const query = { property: "payload.user", event_type: "visit" };
    const whole = { count: 4, method: "exact", relative_error: 0, source: "raw" };
    const plain = await acme(contract.getUniques, { query });
    expect(plain.body).toMatchObject(whole);
    expect(plain.body).not.toHaveProperty("buckets");
    const days = { ...query, interval: "day", tz: "Europe/Berlin" };
    const buckets = [
      { bucket: "2026-03-28T00:00:00+01:00", count: 1 },
      { bucket: "2026-03-29T00:00:00+01:00", count: 2 },
      { bucket: "2026-03-30T00:00:00+02:00", count: 2 },
    ];
    expect((await acme(contract.getUniques, { query: days })).body).toMatchObject({ ...whole, buckets });
    const start = { ...days, start: "2026-03-29T00:00:00Z", where: "payload.user!=1" };
    expect((await acme(contract.getUniques, { query: start })).body).toMatchObject({
      count: 2,
      buckets: [
        { bucket: "2026-03-29T00:00:00+01:00", count: 1 },
        { bucket: "2026-03-30T00:00:00+02:00", count: 1 },
      ],
    });
    for (const interval of ["week", "month"]) {
      const { body } = await acme(contract.getUniques, { query: { ...query, interval } });
      const bucket = interval === "week" ? "2026-03-23T00:00:00Z" : "2026-03-01T00:00:00Z";
      expect((body.buckets as object[])[0]).toMatchObject({ bucket });
    }
    // Small numbers are almost exact in a sketch too.
    expect(await uniques(days, 8)).toMatchObject({ count: 4, buckets, method: "hyperloglog" });
    expect(await uniques(days, 9)).toMatchObject({ count: 4, buckets, method: "exact", relative_error: 0 });
  });

  test("estimates within three standard errors of the exact numbers", async () => {
    const start = Date.parse("2026-06-01T00:00:00Z");
    await insertRows(
      deps,
      Array.from({ length: 60_000 }, (_, index) =>
        aRow({
          event_type: "many",
          event_time: new Date(start + (index % 3) * 86_400_000).toISOString(),
          payload: `{"user":"u${(index * 7919) % 45_000}"}`,
        }),
      ),
    );
    const query = { property: "payload.user", event_type: "many", interval: "day" };
    const exact = await uniques(query, 60_000);
    const estimated = await uniques(query, 59_999);
    expect(exact).toMatchObject({ method: "exact", count: 45_000 });
    expect(estimated).toMatchObject({ method: "hyperloglog", relative_error: 0.0081 });
    expect(estimated.buckets?.map(({ bucket }) => bucket)).toEqual(
      exact.buckets?.map(({ bucket }) => bucket),
    );
    const pairs = [exact, ...(exact.buckets ?? [])].map((one, index) => [
      one.count,
      [estimated, ...(estimated.buckets ?? [])][index]?.count ?? 0,
    ]);
    expect(pairs).toHaveLength(4);
    for (const [count = 0, estimate = 0] of pairs)
      expect(Math.abs(estimate / count - 1)).toBeLessThan(3 * RELATIVE_ERROR);
    expect(estimated.count).not.toBe(exact.count);
  });

  test("refuses more buckets than an answer can have", async () => {
    const start = Date.parse("2025-06-01T00:00:00Z");
    await insertRows(
      deps,
      Array.from({ length: 10_001 }, (_, hour) =>
        aRow({ event_type: "hourly", event_time: new Date(start + hour * 3_600_000).toISOString() }),
      ),
    );
    const query = { property: "payload.n", event_type: "hourly", interval: "hour" };
    const { status, body } = await acme(contract.getUniques, { query });
    expect([status, body.code]).toEqual([422, "query-too-broad"]);
    const fewer = await acme(contract.getUniques, { query: { ...query, start: "2025-06-01T01:00:00Z" } });
    expect((fewer.body.buckets as object[]).length).toBe(10_000);
  });

  test.each(["Mars/Olympus", "FOO+5", "+5:00", "", "Europe/Berlin'"])(
    "refuses the time zone %j",
    async (tz) => {
      const query = { property: "payload.user", interval: "day", tz };
      const { status, body } = await acme(contract.getUniques, { query });
      expect([status, body.code, body.errors[0]?.parameter]).toEqual([400, "invalid-parameter", "tz"]);
    },
  );
});

test("a query that takes too long is refused with advice", async () => {
  const hurried = createDeps({ ...deps.config, statementTimeoutMs: 100 });
  const ask = asker(hurried, acmeSecret);
  const query = { property: "payload.v" };
  // A lock that is held throughout, so that the test does not depend on the machine's speed.
  const answers = await deps.sql.begin(async (tx) => {
    await tx`LOCK TABLE events IN ACCESS EXCLUSIVE MODE`;
    return [
      await ask(contract.getTop, { query }),
      await ask(contract.getUniques, { query }),
      await ask(contract.getFunnel, {
        body: { steps: [{ event_type: "a" }, { event_type: "b" }], key: "payload.v", window_seconds: 1 },
      }),
    ];
  });
  await closeDeps(hurried);
  for (const { status, body } of answers) {
    expect([status, body.code]).toEqual([422, "query-too-broad"]);
    expect(body.detail).toMatch(/start and end closer together, or specify an event_type or a client/);
  }
});
