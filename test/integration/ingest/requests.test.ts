import { constants, deflateRawSync, gzipSync } from "node:zlib";
import { afterEach, describe, expect, it } from "vitest";
import { ingestApi } from "../../support/http/ingest-api.ts";
import { expectProblem } from "../../support/http/problems.ts";
import { addClient, anEvent, counts, drainAll } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";

/** A text in every payload that must occur nowhere else. */
const MARK = "nobody-may-see-this";
const NDJSON = { "content-type": "application/x-ndjson" };
const GZIP = { "content-encoding": "gzip" };
const CLIENT = "hostile";

const deps = await testDeps();
const api = ingestApi(deps);
const { secret } = await addClient(deps, CLIENT);
afterEach(() => api.expectAudited([MARK]));

const marked = (overrides: object = {}): Record<string, unknown> =>
  anEvent({ payload: { MARK }, ...overrides });
const text = (overrides: object = {}): string => JSON.stringify(marked(overrides));
const many = (count: number): Record<string, unknown>[] => Array.from({ length: count }, () => marked());
/** Returns an event whose payload is this JSON text. */
const withPayload = (payload: string): string =>
  text({ payload: 0 }).replace('"payload":0', `"payload":${payload}`);
const storedEvents = async (): Promise<number> => {
  await drainAll(deps);
  return (await counts(deps, CLIENT))?.events;
};

describe("an invalid request leaves nothing behind", () => {
  const bodies: [name: string, body: string | Buffer | undefined, status: number, code: string][] = [
    ["nothing", undefined, 400, "invalid-json"],
    ["an empty one", "", 400, "invalid-json"],
    ["no JSON", "event_id=1", 400, "invalid-json"],
    ["one cut short", `${text().slice(0, -1)}`, 400, "invalid-json"],
    ["a list", "[]", 422, "invalid-body"],
    ["no events", '{"events":[]}', 422, "invalid-body"],
    ["more beside events", `{"events":[${text()}],"extra":1}`, 422, "invalid-body"],
    ["1,001 events", JSON.stringify({ events: many(1_001) }), 413, "payload-too-large"],
    ["more than 1 MiB", text({ payload: { MARK: "x".repeat(1_048_576) } }), 413, "payload-too-large"],
    ["invalid UTF-8", Buffer.from('{"a":"\xc3("}', "latin1"), 400, "invalid-encoding"],
    ["a lone surrogate as bytes", Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]), 400, "invalid-encoding"],
    ["10,000 levels alone", "[".repeat(10_000) + "]".repeat(10_000), 422, "invalid-body"],
    ["10,000 open levels", "[".repeat(10_000), 400, "invalid-json"],
    ["500,000 levels", `{"events":[${"[".repeat(500_000)}${"]".repeat(500_000)}]}`, 422, "no-valid-events"],
    ["__proto__ for a request", `{"__proto__":{"events":[${text()}]}}`, 422, "no-valid-events"],
  ];
  it.each(bodies)("%s", async (_, body, status, code) => {
    const before = await storedEvents();
    const answer = await api.post(secret, body);
    expect(answer).toMatchObject({ status, body: { status, code, type: `/docs/errors/${code}` } });
    expect(answer.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(answer.body.instance).toBe(`urn:uuid:${answer.headers["x-request-id"]}`);
    expect(await storedEvents()).toBe(before);
  });

  it.each([
    ["another type", { "content-type": "text/plain" }],
    ["no type", { "content-type": "" }],
    ["another charset", { "content-type": "application/json; charset=iso-8859-1" }],
    ["another encoding", { "content-encoding": "br" }],
  ])("%s", async (_, headers) => {
    expectProblem(await api.post(secret, text(), { ...headers }), 415, "unsupported-media-type");
  });
});

describe("gzip", () => {
  it("is accepted", async () => {
    const answer = await api.post(secret, gzipSync(JSON.stringify({ events: many(3) })), GZIP);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 3 } });
  });

  it("is refused if it is truncated or not gzip", async () => {
    for (const body of [gzipSync(text()).subarray(0, -5), Buffer.from(text()), text()])
      expectProblem(await api.post(secret, body, GZIP), 400, "invalid-encoding");
  });

  it("that expands to a gibibyte is refused before it does", async () => {
    const mebibyte = deflateRawSync(Buffer.alloc(1_048_576), { finishFlush: constants.Z_FULL_FLUSH });
    const start = gzipSync("").subarray(0, 10);
    const bomb = Buffer.concat([start, ...Array.from({ length: 600 }, () => mebibyte)]);
    const megabytes = (): number => process.resourceUsage().maxRSS / 1_024;
    const before = megabytes();
    expectProblem(await api.post(secret, bomb, GZIP), 413, "payload-too-large");
    expect(megabytes() - before).toBeLessThan(100);
  });
});

describe("one invalid event among valid ones", () => {
  const nested = "[".repeat(10_000) + "]".repeat(10_000);
  const faults: [name: string, event: string, pointer: string][] = [
    ["10,000 levels", withPayload(`{"a":${nested}}`), "/payload"],
    ["10,000 levels around a NUL", withPayload(`{"a":${nested.replace("[]", '["\\u0000"]')}}`), "/payload"],
    ["101 levels", withPayload(`{"a":${"[".repeat(100)}${"]".repeat(100)}}`), "/payload"],
    ["a NUL in the id", text({ event_id: "a\0b" }), "/event_id"],
    ["a NUL in the type", text({ event_type: "\0" }), "/event_type"],
    ["a NUL in a value", text({ payload: { MARK, a: ["\0"] } }), "/payload/a/0"],
    ["a NUL in a name", text({ payload: { MARK, "\0": 1 } }), "/payload"],
    ["half a pair in the id", text({ event_id: "\ud83d" }), "/event_id"],
    ["half a pair in the type", text({ event_type: "x\ude00" }), "/event_type"],
    ["half a pair in a value", text({ payload: { MARK, a: "\ude00\ud83d" } }), "/payload/a"],
    ["half a pair in a name", text({ payload: { MARK, "\ud83d": 1 } }), "/payload"],
    ["an empty id", text({ event_id: "" }), "/event_id"],
    ["an id of 201 characters", text({ event_id: "x".repeat(201) }), "/event_id"],
    ["an id of 201 pairs", text({ event_id: "😀".repeat(201) }), "/event_id"],
    ["the year 1", text({ timestamp: "0001-01-01T00:00:00Z" }), "/timestamp"],
    ["the year 9999", text({ timestamp: "9999-12-31T23:59:59.999999Z" }), "/timestamp"],
    ["a time that is a number", text({ timestamp: Date.now() }), "/timestamp"],
    ["an unknown member", text({ "a/b~c": 1 }), "/a~1b~0c"],
    ["a member __proto__", text().replace("{", '{"__proto__":{"admin":true},'), "/__proto__"],
    ["a payload of 1e400", withPayload("1e400"), "/payload"],
    ["no object", "null", ""],
  ];

  it.each(faults)("%s is reported with its index, and the others are accepted", async (_, bad, pointer) => {
    const before = await storedEvents();
    const answer = await api.post(secret, `{"events":[${text()},${bad},${text()}]}`);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 2, rejected: 1 } });
    const error = { index: 1, code: "invalid-event", pointer, retryable: false };
    expect(answer.body.errors).toMatchObject([error]);
    expect(await storedEvents()).toBe(before + 2);
    expect(await api.post(secret, bad)).toMatchObject({ status: 422 });
  });

  it("an invalid line of NDJSON is reported with its index, and the others are accepted", async () => {
    const lines = [text(), "{not json", text(), `${text()} x`, '{"cut":"', text()];
    const answer = await api.post(secret, lines.join("\r\n"), NDJSON);
    expect(answer).toMatchObject({ status: 202, body: { accepted: 3, rejected: 3 } });
    expect(answer.body.errors.map(({ index }) => index)).toEqual([1, 3, 4]);
  });
});

describe("harmless values that look hostile are stored as sent", () => {
  const storedPayloads = async (id: string): Promise<string[]> => {
    await drainAll(deps);
    const rows = await deps.sql`SELECT payload::text AS payload FROM events WHERE event_id = ${id}`;
    return rows.map(({ payload }) => payload);
  };

  /** Replaces the id of an event. */
  const withIds = (event: string, ...ids: string[]): string =>
    event.replace(/"event_id":"[^"]+"/, ids.map((id) => `"event_id":"${id}"`).join());

  it.each([
    ["numbers", '{"a":1e400,"b":-0,"c":12345678901234567890,"d":1.50,"e":-0.0,"f":1E-999}'],
    [
      "__proto__ and its like",
      '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    ],
    ["characters", '{"a":"😀 ß \\u0001 \\u001f \u2028 ￿ ﻿","":"","a/b~":"\'; DROP TABLE events; --"}'],
    ["100 levels", `{"a":${"[".repeat(99)}${"]".repeat(99)}}`],
    ["Lua, JSON and lines of ours", '{"a":"\\"}]}\\n[\\"x\\"]\\t{}","b":"\\\\u0000","c":"%s{0}"}'],
  ])("%s", async (name, payload) => {
    const id = `as-sent ${name}`;
    expect(await api.post(secret, withIds(withPayload(payload), id))).toMatchObject({
      status: 202,
      body: { accepted: 1 },
    });
    expect(await storedPayloads(id)).toEqual([payload]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("the last of several members with one name counts", async () => {
    const id = "duplicate members";
    const body = withIds(withPayload('{"a":1,"a":2,"a":3.0}'), "x", id);
    expect(await api.post(secret, body)).toMatchObject({ status: 202 });
    expect(await storedPayloads(id)).toEqual(['{"a":3.0}']);
  });

  it.each(["x", "😀", "x".repeat(200), "😀".repeat(200), " ", "'\"\\{0}\t\n", "=x", "#x", "e\u0301"])(
    "an unusual id: %j",
    async (id) => {
      const body = text({ event_id: id, event_type: id });
      for (const counted of [{ accepted: 1 }, { duplicates: 1 }])
        expect(await api.post(secret, body)).toMatchObject({ status: 202, body: counted });
      await drainAll(deps);
      const rows = await deps.sql`SELECT event_type FROM events WHERE event_id = ${id}`;
      expect(rows).toEqual([{ event_type: id }]);
    },
  );
});

describe("a caller's user agent and path", () => {
  it.each([
    ["line breaks", "a\r\nSet-Cookie: b=1\r\n\r\n<script>", "/v1/events\r\nX: 1"],
    ["quotes and braces", '"},"client_id":"admin","x":{"', '/v1/events","status":200'],
    ["NUL and half pairs", "a\0b\ud83d", "/v1/\0\udc00"],
    ["a great deal", "ü".repeat(5_000), `/v1/${"😀".repeat(3_000)}`],
  ])("are kept as plain text in the audit: %s", async (_, agent, path) => {
    const answer = await api.post(secret, text(), { "user-agent": agent }, { path });
    expect(answer.status).toBe(202);
    for (const value of Object.values(answer.headers)) expect(String(value)).not.toMatch(/[\r\n]/);
    await drainAll(deps);
    const id = String(answer.headers["x-request-id"]);
    const [row] = await deps.sql`
      SELECT * FROM audit_log JOIN audit_personal USING (at, lane, seal, leaf) WHERE request_id = ${id}`;
    const kept = (value: string): string => value.slice(0, 1_000).toWellFormed().replaceAll("\0", "\ufffd");
    expect(row).toMatchObject({ user_agent: kept(agent), path: kept(path), client_id: CLIENT, status: 202 });
    expect(row).toMatchObject({ method: "POST", route: "/v1/events", address: "203.0.113.7" });
  });
});
