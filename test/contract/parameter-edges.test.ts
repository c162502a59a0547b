/** Boundary values of parameters and paths, sent over HTTP: each is answered or refused with a reason, never with a 5xx. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { ZodObject } from "zod";
import { operations } from "../../lib/app/operations.ts";
import type { Operation } from "../../lib/http/operation.ts";
import { sendLogs } from "../../lib/ingest/otlp/contract.ts";
import * as segment from "../../lib/ingest/segment/contract.ts";
import type { Checked } from "../support/http/checked-api.ts";
import { expectOnlyFault, expectProblem, faultsOf } from "../support/http/problems.ts";
import { anEvent } from "../support/pipeline.ts";
import { testSystem } from "../support/servers/system.ts";

const { api, post, get, settled, newClient, stack } = await testSystem();
const { adminKey: admin } = stack;

/** Sends an event, and waits until it is stored. */
const store = async (overrides: Record<string, unknown> = {}): Promise<void> => {
  const answer = await post(anEvent(overrides));
  expect(answer.status, answer.text).toBe(202);
  await settled(answer.body.receipt_id);
};

const all = Object.entries(operations);
const membersOf = (schema: unknown): object => (schema as ZodObject | undefined)?.shape ?? {};
/** Parameters that an operation needs beside the one under test. */
const needs: Record<string, object> = {
  groupEvents: { by: "client,event_type" },
  getSeries: { interval: "day" },
  getTop: { property: "payload.n" },
  getUniques: { property: "payload.n", interval: "month" },
  getFunnel: { steps: [{ event_type: "a" }, { event_type: "b" }], key: "payload.n", window_seconds: 60 },
  eraseAudit: { address: "192.0.2.1" },
  createQuery: { kind: "top", property: "payload.n" },
  createMeter: { client_id: "demo", name: "edge", event_type: "edge" },
  createErasure: { client: "demo", property: "payload.n", value: "nobody" },
  createClient: { name: "edge" },
  createKey: { scopes: ["read"] },
  createWebhook: { source: "edge", kind: "github" },
};

/** Calls an operation with an admin key. @param query as written in the URL */
function call(
  [id, { method, path, body }]: [string, Operation],
  given: object,
  query = "",
): Promise<Checked> {
  const at = path.replace("{client_id}", "demo").replaceAll(/\{\w+\}/g, "none");
  const members = { ...needs[id], ...given };
  const url = body === undefined ? new URLSearchParams(members as Record<string, string>).toString() : "";
  const search = [url, query].filter(Boolean).join("&");
  return api.call(method, search === "" ? at : `${at}?${search}`, {
    key: admin,
    ...(body !== undefined && { body: members }),
  });
}

describe("a time at either end of RFC 3339's range", () => {
  const first = "0001-01-01T00:00:00Z";
  const last = "9999-12-31T23:59:59.999999Z";
  const ranges = [
    { start: "9999-12-31T23:59:59Z" }, { start: last }, { start: "9999-12-31T12:00:00Z" }, { start: first },
    { start: "9999-12-31T00:00:00Z", end: last },
    { start: "9999-12-31T23:59:59Z", end: "9999-12-31T23:59:59.000001Z" },
    { start: first, end: first }, { start: last, end: first }, { start: first, end: last },
    { end: first }, { end: "0001-01-01T00:00:00.000001Z" }, { end: "0001-01-01T12:34:56Z" }, { end: last },
  ]; // biome-ignore format: one range after the other
  const ranged = all.filter(([, { query, body }]) => "start" in { ...membersOf(query), ...membersOf(body) });

  it("is tested with every operation that takes a range", () => {
    expect(ranged.map(([id]) => id)).toEqual(
      expect.arrayContaining(["countEvents", "getFunnel", "verifyAudit", "eraseAudit", "getHealthHistory"]),
    );
    expect(ranged.length).toBeGreaterThan(12);
  });

  it.each(ranged)("is answered or refused by %s", async (id, operation) => {
    for (const range of ranges) {
      const answer = await call([id, operation], range);
      expect([200, 400, 422], `${JSON.stringify(range)}: ${answer.text}`).toContain(answer.status);
    }
  });

  it("has no events", async () => {
    await store();
    for (const range of [
      { start: "9999-12-31T23:59:59Z" },
      { start: "9999-12-31T12:00:00Z" },
      { end: first },
    ]) {
      const query = new URLSearchParams(range as Record<string, string>);
      expect((await get(`/v1/analytics/count?${query}`)).body.count).toBe(0);
      expect((await get(`/v1/analytics/group?by=client&${query}`)).body.groups).toEqual([]);
    }
    expect((await get(`/v1/analytics/count?start=${first}&end=${last}`)).body.count).toBeGreaterThan(0);
  });

  it.each(["+14:00", "-12:00", "Pacific/Kiritimati", "America/Havana"])(
    "has series buckets in %s",
    async (tz) => {
      const zone = encodeURIComponent(tz);
      for (const interval of ["minute", "hour", "day", "week", "month"])
        for (const range of [
          "start=9999-12-31T23:00:00Z&end=9999-12-31T23:59:59.999999Z",
          "start=0001-01-01T00:00:00Z&end=0001-01-01T01:00:00Z",
        ]) {
          const answer = await get(`/v1/analytics/series?interval=${interval}&tz=${zone}&${range}`);
          expect(answer.status, `${interval} ${range}: ${answer.text}`).toBe(200);
        }
    },
  );
});

describe("a parameter", () => {
  const numbers = all.flatMap(([id, operation]) =>
    ["limit", "after"]
      .filter((name) => name in membersOf(operation.query))
      // Feeds have a cursor.
      .filter((name) => !(["listEvents", "followAudit"].includes(id) && name === "after"))
      .map((name) => [id, name] as const),
  );
  const wrong = ["0x10", "1e1", "1.0", "+5", "%205", "5%20", "05", "", "-1", "-0", "NaN", "Infinity", "%EF%BC%95", "9".repeat(20)]; // biome-ignore format: one list

  it.each(numbers)("of %s that is a number, %s, takes decimal digits only", async (id, name) => {
    const operation = operations[id] as Operation;
    for (const text of wrong) {
      const answer = await call([id, operation], {}, `${name}=${text}`);
      expect([answer.status, faultsOf(answer)], text).toEqual([400, [name]]);
    }
    expect((await call([id, operation], {}, `${name}=10`)).status).toBe(200);
  });

  it("may be as large as Number.MAX_SAFE_INTEGER", async () => {
    const { status, body } = await get(`/v1/audit/checkpoints?after=${Number.MAX_SAFE_INTEGER}`, admin);
    expect([status, body.checkpoints]).toEqual([200, []]);
  });

  // Senders of Segment may add parameters of their own, and OTLP has errors of another form.
  const others = new Set<Operation>([...Object.values(segment), sendLogs]);
  it.each(all.filter(([, operation]) => operation.scopes.length > 0 && !others.has(operation)))(
    "unknown to %s is refused by name",
    async (id, operation) => {
      for (const name of ["__proto__", "constructor", "hasOwnProperty", "colour", "limit%5B%5D"]) {
        const answer = await call([id, operation], {}, `${name}=1`);
        expectProblem(answer, 400, "invalid-parameter");
        expect(faultsOf(answer)).toContain(decodeURIComponent(name));
      }
    },
  );

  it.each(["%ff", "%zz", "%", "%4", "%c3", "%ed%a0%80", "%c0%80", "%f4%90%80%80", "a%ffb"])(
    "%s is refused as a value, as a name and in a path",
    async (text) => {
      const value = await get(`/v1/analytics/count?event_type=${text}`);
      expectOnlyFault(value, 400, "invalid-parameter", "event_type");
      expectProblem(await get(`/v1/analytics/count?${text}=1`), 400, "invalid-parameter");
      const sent = await api.call("POST", `/v1/events?${text}`, { key: admin, body: anEvent() });
      expectProblem(sent, 400, "invalid-parameter");
      expectProblem(await get(`/v1/events/${text}`), 400, "invalid-parameter");
    },
  );

  it("may contain any UTF-8 text, and + for a space", async () => {
    const type = `ä €😀+% ${randomUUID()}`;
    await store({ event_type: type });
    expect((await get(`/v1/analytics/count?event_type=${encodeURIComponent(type)}`)).body.count).toBe(1);
    const form = new URLSearchParams({ event_type: type });
    expect((await get(`/v1/analytics/count?${form}`)).body.count).toBe(1);
  });
});

describe("an event id that a path can't carry", () => {
  it.each([
    ".", "..", "export", "a/b", "a%2Fb", "%2e", "/", "//", "\\", "?", "#", " ", "+", "é\u0301",
    "a\nb",
  ])("%j is found in the list", async (part) => {
    // A dot segment is one only if it is the complete id, and another run may have sent that id.
    const id = part.startsWith(".") || part === "export" ? part : `${part}${randomUUID()}`;
    await store({ event_id: id });
    const { body } = await get(`/v1/events?event_id=${encodeURIComponent(id)}`);
    expect(body.events.map(({ event_id }: { event_id: string }) => event_id)).toEqual([id]);
    expect(body.next_cursor).toBeNull();
  }); // biome-ignore format: one text after the other

  it("is found only if the other filters match too", async () => {
    const id = randomUUID();
    await store({ event_id: id, event_type: "mine" });
    const find = async (rest: string, as?: string): Promise<number> =>
      (await get(`/v1/events?event_id=${id}${rest}`, as)).body.events.length;
    expect(await find("")).toBe(1);
    expect(await find("&event_type=mine&client=demo", admin)).toBe(1);
    expect(await find("&event_type=other")).toBe(0);
    expect(await find("&start=9999-01-01T00:00:00Z")).toBe(0);
    expect(await find("&where=payload.n=2")).toBe(0);
    expect(await find(`&client=${await newClient({ name: "other" })}`, admin)).toBe(0);
    expect(await find(`x`)).toBe(0);
  });
});
