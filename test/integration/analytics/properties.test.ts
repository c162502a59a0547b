import { beforeAll, describe, expect, test } from "vitest";
import { RELATIVE_ERROR } from "../../../lib/analytics/hyperloglog.ts";
import * as contract from "../../../lib/analytics/properties-contract.ts";
import { getUniques } from "../../../lib/analytics/uniques.ts";
import { serve } from "../../../lib/http/call.ts";
import { freshDeps } from "../../support/faults.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { aRow, asker, askerOf, insertMany, insertRows } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

const deps = await testDeps();
const admin = await askerOf(deps, "boss", ["admin"]);
const { secret } = await addClient(deps, "acme");
const acme = asker(deps, secret);
await addClient(deps, "beta");

const insertPayloads = (event_type: string, payloads: readonly string[], client_id = "acme") =>
  insertMany(deps, payloads.length, (n) => ({ client_id, event_type, payload: payloads[n] ?? "" }));
const top = async (query: Record<string, string>, ask = acme) => (await ask(contract.getTop, { query })).body;

describe("GET /v1/analytics/top", () => {
  const big = "12345678901234567890";

  beforeAll(async () => {
    const values = ['"b"', '"b"', '"b"', '"a"', '"a"', big, big, "1", "1.0", "null", '{"x":0.10}', "true"];
    const payloads = values.map((value) => `{"p":{"v":${value}},"n":1}`);
    await insertPayloads("top", [...payloads, '{"n":2}', '{"p":{}}']);
    await insertPayloads("top", ['{"p":{"v":"b"}}'], "beta");
  });

  test("counts values as sent, largest count first, then by their bytes", async () => {
    const query = { property: "payload.p.v", event_type: "top" };
    const { text, body } = await acme(contract.getTop, { query });
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
    expect((await top(query)).values).toEqual([{ value: "b", count: 3 }]);
    expect((await top(query, admin)).values).toEqual([{ value: "b", count: 4 }]);
    const other = { ...query, client: "beta" };
    expect((await top(other, admin)).values).toEqual([{ value: "b", count: 1 }]);
    expect((await top(other)).code).toBe("insufficient-scope");
    const others = { values: [{ value: "a", count: 2 }], events: 9 };
    expect(await top({ ...query, where: "payload.p.v!=b" })).toMatchObject(others);
  });

  test("omits values that are too long, and reports how many", async () => {
    const [fits = "", long = ""] = [998, 999].map((length) => `{"v":"${"x".repeat(length)}"}`);
    await insertPayloads("long", [fits, long, long]);
    const some = await top({ property: "payload.v", event_type: "long" });
    expect(some).toMatchObject({ values: [{ count: 1 }], events: 3, too_long: 2 });
    const none = await top({ property: "payload.v", event_type: "none" });
    expect(none).toMatchObject({ values: [], events: 0, too_long: 0 });
  });

  test.each([{ property: "v" }, { property: "payload.v", limit: "1001" }, {}])("refuses %j", async (query) =>
    expectProblem(await acme(contract.getTop, { query }), 400, "invalid-parameter"),
  );
});

describe("GET /v1/analytics/uniques", () => {
  /** Queries with another limit for exact counting. */
  async function uniques(query: Record<string, string>, exactEvents: number) {
    const ask = asker(deps, secret, [serve(contract.getUniques, (call) => getUniques(call, exactEvents))]);
    const { status, body } = await ask(contract.getUniques, { query });
    expect(status).toBe(200);
    return body as unknown as {
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
    const total = { count: 4, method: "exact", relative_error: 0, source: "raw" };
    const plain = await acme(contract.getUniques, { query });
    expect(plain.body).toMatchObject(total);
    expect(plain.body).not.toHaveProperty("buckets");
    const days = { ...query, interval: "day", tz: "Europe/Berlin" };
    const buckets = [
      { bucket: "2026-03-28T00:00:00+01:00", count: 1 },
      { bucket: "2026-03-29T00:00:00+01:00", count: 2 },
      { bucket: "2026-03-30T00:00:00+02:00", count: 2 },
    ];
    expect((await acme(contract.getUniques, { query: days })).body).toMatchObject({ ...total, buckets });
    const start = { ...days, start: "2026-03-29T00:00:00Z", where: "payload.user!=1" };
    expect((await acme(contract.getUniques, { query: start })).body).toMatchObject({
      count: 2,
      buckets: [
        { bucket: "2026-03-29T00:00:00+01:00", count: 1 },
        { bucket: "2026-03-30T00:00:00+02:00", count: 1 },
      ],
    });
    for (const [interval, bucket] of [
      ["week", "2026-03-23T00:00:00Z"],
      ["month", "2026-03-01T00:00:00Z"],
    ] as const) {
      const { body } = await acme(contract.getUniques, { query: { ...query, interval } });
      expect((body.buckets as object[])[0]).toMatchObject({ bucket });
    }
    // Small numbers are almost exact in a sketch too.
    expect(await uniques(days, 8)).toMatchObject({ count: 4, buckets, method: "hyperloglog" });
    expect(await uniques(days, 9)).toMatchObject({ count: 4, buckets, method: "exact", relative_error: 0 });
  });

  test("estimates within three standard errors of the exact numbers", async () => {
    const start = Date.parse("2026-06-01T00:00:00Z");
    await insertMany(deps, 60_000, (n) => ({
      event_type: "many",
      event_time: new Date(start + (n % 3) * 86_400_000).toISOString(),
      payload: `{"user":"u${(n * 7919) % 45_000}"}`,
    }));
    const query = { property: "payload.user", event_type: "many", interval: "day" };
    const exact = await uniques(query, 60_000);
    const estimated = await uniques(query, 59_999);
    expect(exact).toMatchObject({ method: "exact", count: 45_000 });
    expect(estimated).toMatchObject({ method: "hyperloglog", relative_error: 0.0081 });
    const buckets = estimated.buckets ?? [];
    expect(buckets.map(({ bucket }) => bucket)).toEqual(exact.buckets?.map(({ bucket }) => bucket));
    expect(buckets).toHaveLength(3);
    for (const [n, { count }] of [exact, ...(exact.buckets ?? [])].entries()) {
      const estimate = [estimated, ...buckets][n]?.count ?? 0;
      expect(Math.abs(estimate / count - 1)).toBeLessThan(3 * RELATIVE_ERROR);
    }
    expect(estimated.count).not.toBe(exact.count);
  });

  test("refuses more buckets than an answer can have", async () => {
    const start = Date.parse("2025-06-01T00:00:00Z");
    await insertMany(deps, 10_001, (hour) => ({
      event_type: "hourly",
      event_time: new Date(start + hour * 3_600_000).toISOString(),
    }));
    const query = { property: "payload.n", event_type: "hourly", interval: "hour" };
    expectProblem(await acme(contract.getUniques, { query }), 422, "query-too-broad");
    const fewer = await acme(contract.getUniques, { query: { ...query, start: "2025-06-01T01:00:00Z" } });
    expect((fewer.body.buckets as object[]).length).toBe(10_000);
  });

  test.each(["Mars/Olympus", "FOO+5", "+5:00", "", "Europe/Berlin'"])(
    "refuses the time zone %j",
    async (tz) => {
      const query = { property: "payload.user", interval: "day", tz };
      expectProblem(await acme(contract.getUniques, { query }), 400, "invalid-parameter", "tz");
    },
  );
});

test("a query that takes too long is refused with advice", async () => {
  const ask = asker(freshDeps({ ...deps.config, statementTimeoutMs: 100 }), secret);
  const query = { property: "payload.v" };
  // A lock that is held throughout, so that the test does not depend on the machine's speed.
  const answers = await deps.sql.begin(async (tx) => {
    await tx`LOCK TABLE events IN ACCESS EXCLUSIVE MODE`;
    const steps = [{ event_type: "a" }, { event_type: "b" }];
    return [
      await ask(contract.getTop, { query }),
      await ask(contract.getUniques, { query }),
      await ask(contract.getFunnel, { body: { steps, key: "payload.v", window_seconds: 1 } }),
    ];
  });
  for (const answer of answers) {
    expectProblem(answer, 422, "query-too-broad");
    expect(answer.body.detail).toMatch(
      /its range has [\d,]+ events\. .*start and end closer together, specify an event_type or a client, or ask with POST \/v1\/queries/,
    );
  }
});
