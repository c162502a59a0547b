/** Boundary values of members of bodies, sent over HTTP: each is accepted or refused with a reason, never with a 5xx. */
import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Checked } from "../support/http/checked-api.ts";
import { expectOnlyFault } from "../support/http/problems.ts";
import { anEvent } from "../support/pipeline.ts";
import { testSystem } from "../support/servers/system.ts";

const { api, post, get, settled, newClient, stack } = await testSystem();
/** Calls with an admin key. */
const call = (method: string, path: string, body: unknown): Promise<Checked> =>
  api.call(method, path, { key: stack.adminKey, body });

describe("a key's expiry", () => {
  const create = async (expires_at: unknown): Promise<Checked> => {
    const client = await newClient({ name: "expiry" });
    return call("POST", `/v1/clients/${client}/keys`, { scopes: ["read"], expires_at });
  };

  it.each([0, 1, 1_000, 86_400_000])("%i ms ago is refused", async (ms) => {
    const answer = await create(new Date(Date.now() - ms).toISOString());
    expectOnlyFault(answer, 422, "invalid-body", "/expires_at");
  });

  it("is refused in the year 1 and accepted in the year 9999", async () => {
    expect((await create("0001-01-01T00:00:00Z")).status).toBe(422);
    const answer = await create("9999-12-31T23:59:59.999Z");
    expect([answer.status, answer.body.expires_at]).toEqual([201, "9999-12-31T23:59:59.999Z"]);
    expect((await get("/v1/pipeline", answer.body.secret)).status).toBe(200);
  });
});

describe("a number in a body", () => {
  const create = (rate: string): Promise<Checked> =>
    call("POST", "/v1/clients", `{"name":"n","rate_limit_per_second":${rate}}`);

  it.each(["1000", "1e3", "1E+3", "1000.0", "1000.000", "10000e-1", "0.1e4"])(
    "%s is the integer 1000",
    async (text) => {
      const { status, body } = await create(text);
      expect([status, body.rate_limit_per_second]).toEqual([201, 1_000]);
    },
  );

  it.each([
    "1.5", "1e400", "-1e400", "-0", "0.0", "1e-400", "9007199254740993", "12345678901234567890",
    '"1000"',
  ])("%s is refused as a rate", async (text) => {
    const answer = await create(text);
    expectOnlyFault(answer, 422, "invalid-body", "/rate_limit_per_second");
    expect(answer.text).not.toContain("object");
  }); // biome-ignore format: one text after the other

  it("is an integer in every operation that takes one", async () => {
    const client = await newClient({ name: "numbers" });
    const changes = '{"burst":5e0,"rate_limit_per_second":2.0}';
    const changed = await call("PATCH", `/v1/clients/${client}`, changes);
    expect(changed).toMatchObject({ status: 200, body: { burst: 5, rate_limit_per_second: 2 } });
    const redriven = await call("POST", "/v1/quarantine/redrive", '{"limit":1e1}');
    expect(redriven.status, redriven.text).toBe(202);
    const steps = '[{"event_type":"a"},{"event_type":"b"}]';
    const body = `{"key":"payload.n","window_seconds":3.6e3,"steps":${steps}}`;
    const funnel = await call("POST", "/v1/analytics/funnel", body);
    expect(funnel.status, funnel.text).toBe(200);
  });

  it("keeps its digits where it is compared with payloads", async () => {
    const ids = [randomUUID(), randomUUID()];
    const events = ["12345678901234567890", "12345678901234567891"].map((n, index) =>
      JSON.stringify(anEvent({ event_id: ids[index], payload: { subject: "n" } })).replace('"n"', n),
    );
    await settled((await post(`{"events":[${events}]}`)).body.receipt_id);
    const body = '{"client":"demo","property":"payload.subject","value":12345678901234567890}';
    const erasure = await call("POST", "/v1/erasures", body);
    expect(erasure).toMatchObject({ status: 202, body: { status: "completed", events_erased: 1 } });
    expect((await get(`/v1/events/${ids[1]}`)).text).toContain("12345678901234567891");
  });

  it.each([
    ['{"event_id":1e3}', "/event_id"],
    ['{"event_type":1.50}', "/event_type"],
    ['{"timestamp":12345678901234567890}', "/timestamp"],
    ['{"payload":-0}', "/payload"],
  ])("is reported as a number where an event needs another type: %s", async (member, pointer) => {
    const event = { ...anEvent(), ...JSON.parse(member) };
    const name = pointer.slice(1);
    delete event[name];
    const { body } = await post(`{"events":[{${member.slice(1, -1)},${JSON.stringify(event).slice(1)}]}`);
    expect(body.errors).toMatchObject([{ pointer, detail: expect.stringContaining("received number") }]);
  });

  it.each(["1e3", "1000", "-0"])("is refused as an event: %s", async (text) => {
    expect((await post(text)).body.code).toBe("invalid-body");
    const { body } = await post(`{"events":[${text}]}`);
    expect(body.errors).toMatchObject([{ pointer: "", detail: expect.stringContaining("received number") }]);
  });
});
