/**
 * Every operation of the contract, called over HTTP and checked against the OpenAPI document. It runs with each gateway that
 * serves the functions on one machine.
 */
import { randomUUID } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import * as segment from "../../lib/ingest/segment/contract.ts";
import type { StackOptions } from "../../local/stack.ts";
import { verifyText } from "../support/audit/trail.ts";
import { assetOfDashboard } from "../support/http/pages-of-site.ts";
import { expectProblem } from "../support/http/problems.ts";
import { anEvent } from "../support/pipeline.ts";
import { testSystem } from "../support/servers/system.ts";
import { standardDelivery } from "../support/webhooks/senders.ts";
import { invalidRequests } from "./invalid-requests.ts";

/** Passed as the key of calls that need no key. */
const NONE = "";

/** Why a gateway fails a test, by the test's title. The test must then fail, so that the list stays true. */
export type Differences = Readonly<Record<string, string>>;

export async function httpContract(
  gateway: StackOptions["gateway"],
  differences: Differences = {},
): Promise<void> {
  const { api, post, get, settled, newClient, newKey, stack } = await testSystem({}, { gateway });
  const { apiKey: key, adminKey: admin, url } = stack;
  const callAsAdmin = (method: string, path: string, body?: unknown) =>
    api.call(method, path, { key: admin, body });
  const used = new Set<string>();
  const test = (title: string, body: () => Promise<void>): void => {
    used.add(title);
    if (title in differences) it.fails(title, body);
    else it(title, body);
  };

  describe("events", () => {
    test("are accepted, stored, and read back as they were sent", async () => {
      const id = `http-${randomUUID()}`;
      const timestamp = new Date(Date.now() - 1_000).toISOString();
      const text = `{"event_id":"${id}","event_type":"http.test","timestamp":"${timestamp}","payload":{"n":12345678901234567890,"f":0.10,"ü":"😀"}}`;
      const answer = await post(text);
      const body = { accepted: 1, duplicates: 0, rejected: 0, errors: [] };
      expect(answer).toMatchObject({ status: 202, body });
      expect(answer.headers.get("ratelimit-policy")).toBe('"default";q=20000;w=2');
      expect(answer.headers.get("ratelimit")).toMatch(/^"default";r=\d+;t=\d+$/);
      const receipt = { accepted: 1, stored: 1, duplicates: 0 };
      expect((await settled(answer.body.receipt_id)).body).toMatchObject(receipt);

      const event = await get(`/v1/events/${id}`, key);
      expect(event.body).toMatchObject({ event_id: id, timestamp, status: "stored", client_id: "demo" });
      expect(event.text).toContain('"payload":{"n":12345678901234567890,"f":0.10,"ü":"😀"}');
      const list = await get("/v1/events?event_type=http.test&limit=1");
      expect(list.body.events).toHaveLength(1);
      expect((await post(text)).body).toMatchObject({ accepted: 0, duplicates: 1 });
    });

    test("can be queried by payload and exported as files", async () => {
      const type = `payload-${randomUUID()}`;
      const events = [1, 2.5, 3].map((n) => anEvent({ event_type: type, payload: { n, user: "ann" } }));
      await settled((await post({ events })).body.receipt_id);
      const some = `event_type=${type}&where=payload.n%3E%3D2&where=payload.user%3Dann`;
      expect((await get(`/v1/events?${some}`)).body.events).toHaveLength(2);
      const top = await get(`/v1/analytics/top?${some}&property=payload.user`);
      expect(top.body.values).toEqual([{ value: "ann", count: 2 }]);
      const uniques = await get(
        `/v1/analytics/uniques?${some}&property=payload.n&interval=day&tz=Asia/Tokyo`,
      );
      expect(uniques.body).toMatchObject({ count: 2, method: "exact" });
      const steps = [{ event_type: type }, { event_type: type, where: ["payload.n>100"] }];
      const body = { steps, key: 'payload."user"', window_seconds: 60 };
      const funnel = await api.call("POST", "/v1/analytics/funnel", { key, body });
      expect(funnel.body.steps).toMatchObject([{ count: 1 }, { count: 0, conversion: 0 }]);

      const question = { kind: "funnel", ...body };
      const asked = await api.call("POST", "/v1/queries", { key, body: question });
      expect(asked).toMatchObject({ status: 202, body: { status: "running", request: question } });
      expect(
        (await api.call("POST", "/v1/queries", { key, body: { ...question, dry_run: true } })).body,
      ).toEqual({
        cost: asked.body.cost,
      });
      const query = `/v1/queries/${asked.body.query_id}`;
      const result = { steps: funnel.body.steps };
      expect((await get(`${query}?wait=20`)).body).toMatchObject({ status: "completed", result });
      expect((await get("/v1/queries")).body.queries[0].query_id).toBe(asked.body.query_id);
      expect((await api.call("DELETE", query, { key })).status).toBe(204);
      expect((await get(query)).status).toBe(404);
      const csv = await get(`/v1/events/export?${some}&format=csv&limit=1`);
      expect(csv.text.split("\r\n")).toHaveLength(3);
      const rest = await get(
        `/v1/events/export?${some}&format=csv&cursor=${csv.headers.get("x-next-cursor")}`,
      );
      expect(rest.text.split("\r\n")).toHaveLength(2);
      const lines = await get(`/v1/events/export?${some}`);
      expect(lines.text.trim().split("\n")).toHaveLength(2);
    });

    test("can be sent as one event, a batch, or NDJSON", async () => {
      const events = [anEvent(), anEvent(), anEvent()];
      const forms: [unknown, Record<string, string>][] = [
        [events[0], {}],
        [{ events: events.slice(0, 2) }, {}],
        [events.map((event) => JSON.stringify(event)).join("\n"), { "content-type": "application/x-ndjson" }],
      ];
      const sums = [];
      for (const [body, headers] of forms) {
        const answer = await post(body, headers);
        expect(answer.status, answer.text).toBe(202);
        sums.push(`${answer.body.accepted} ${answer.body.duplicates}`);
      }
      expect(sums).toEqual(["1 0", "1 1", "1 2"]);
    });

    test("can be sent as gzip", async () => {
      const body = gzipSync(JSON.stringify({ events: [anEvent(), anEvent()] }));
      const answer = await post(body, { "content-encoding": "gzip" });
      expect([answer.status, answer.body.accepted], answer.text).toEqual([202, 2]);
    });

    test("are listed page by page through the links, each once and newest first", async () => {
      const type = `page-${randomUUID()}`;
      const events = Array.from({ length: 25 }, (_, n) =>
        anEvent({ event_type: type, timestamp: new Date(Date.now() - (n % 7) * 60_000).toISOString() }),
      );
      await settled((await post({ events })).body.receipt_id);
      const found: { event_id: string; timestamp: string }[] = [];
      let path = `/v1/events?event_type=${type}&limit=10`;
      for (let page = 0; page < 3; page++) {
        const { headers, body } = await get(path);
        found.push(...body.events);
        path = /^<(.*)>; rel="next"$/.exec(headers.get("link") ?? "")?.[1] ?? "";
        expect(path === "").toBe(body.next_cursor === null);
      }
      expect(path).toBe("");
      expect(new Set(found.map(({ event_id }) => event_id))).toEqual(
        new Set(events.map((one) => one.event_id)),
      );
      expect(found).toHaveLength(25);
      const times = found.map(({ timestamp }) => timestamp);
      expect(times).toEqual(times.toSorted().reverse());
    });
  });

  invalidRequests(test, { api, get, post, key, admin });

  describe("preflights", () => {
    test("from pages are answered without a key", async () => {
      for (const path of ["/v1/events", "/v1/logs", "/v1/t"]) {
        const headers = {
          origin: "https://shop.example",
          "access-control-request-method": "POST",
          "access-control-request-headers": "content-type,x-api-key",
        };
        const answer = await fetch(`${url}${path}`, { method: "OPTIONS", headers });
        expect([answer.status, answer.headers.get("access-control-allow-origin")], path).toEqual([204, "*"]);
        expect(answer.headers.get("access-control-allow-headers"), path).toBe("content-type,x-api-key");
      }
    });
  });

  describe("the calls of Segment", () => {
    test("are accepted at each of their paths, and pages get their settings", async () => {
      for (const { method, path } of Object.values(segment)) {
        const valid = { messageId: randomUUID(), userId: "u", event: "e", groupId: "g", previousId: "p" };
        const isBatch = /^\/v1\/(?:b|batch|import)$/.test(path);
        const body = method === "POST" && {
          body: isBatch ? { batch: [{ ...valid, type: "track" }] } : valid,
        };
        const answer = await api.call(method, path.replace("{write_key}", key), { key, ...body });
        expect(answer.status, `${path}: ${answer.text}`).toBe(200);
      }
    });
  });

  describe("the other operations", () => {
    const reads: [path: string, status: number, as?: string][] = [
      ["/v1/analytics/count", 200],
      ["/v1/analytics/group?by=event_type", 200],
      ["/v1/analytics/series?interval=day", 200],
      ["/v1/analytics/latency", 200],
      ["/v1/analytics/group", 400],
      ["/v1/analytics/count?measure=sum&property=payload.n", 200],
      ["/v1/analytics/group?by=event_type&measure=latest&property=payload.n", 200],
      ["/v1/analytics/series?interval=day&measure=avg&property=payload.n", 200],
      ["/v1/analytics/count?measure=sum", 400],
      ["/v1/pipeline", 200],
      ["/health/live", 200, NONE],
      ["/health/history", 200, NONE],
      ["/v1/clients", 200, admin],
      ["/v1/quarantine", 200, admin],
    ];
    for (const [path, status, as] of reads)
      test(`answer as documented: GET ${path} with ${status}`, async () => {
        expect((await get(path, as)).status).toBe(status);
      });

    test("answer as documented: health, redrives and erasures", async () => {
      expect((await get("/health", NONE)).body).toMatchObject({ status: "ok" });
      const redrive = await callAsAdmin("POST", "/v1/quarantine/redrive", {});
      expect(redrive).toMatchObject({ status: 202, body: { redriven: 0 } });
      const erasure = { client: "demo", property: "payload.user", value: "nobody at all" };
      const erase = await callAsAdmin("POST", "/v1/erasures", erasure);
      expect(erase).toMatchObject({ status: 202, body: { client_id: "demo", events_erased: 0 } });
      expect((await get(`/v1/erasures/${erase.body.erasure_id}`, admin)).status).toBe(200);
      expect((await get("/v1/erasures", admin)).body.erasures).toHaveLength(1);
      const audit = await callAsAdmin("POST", "/v1/audit/erasures", { address: "203.0.113.99" });
      expect(audit).toMatchObject({ status: 200, body: { erased: 0 } });
    });

    test("answer as documented: meters", async () => {
      const client = "demo";
      const name = `revenue-${randomUUID().slice(0, 8)}`;
      const body = {
        client_id: client,
        name,
        event_type: name,
        value: "payload.amount",
        dimensions: [{ name: "country", property: "payload.country" }],
      };
      const made = await callAsAdmin("POST", "/v1/meters", body);
      expect(made).toMatchObject({ status: 201, body: { ...body, state: "complete", complete_from: null } });
      expect(made.headers.get("location")).toBe(`/v1/meters/${name}?client=${client}`);
      expect((await callAsAdmin("POST", "/v1/meters", body)).status).toBe(409);
      expect((await callAsAdmin("POST", "/v1/meters", { ...body, client_id: "nobody" })).status).toBe(404);
      expect((await callAsAdmin("POST", "/v1/meters", { ...body, name: "No" })).status).toBe(422);
      expect((await callAsAdmin("GET", `/v1/meters?client=${client}`)).body.meters).toContainEqual(made.body);
      expect((await get(`/v1/meters/${name}`, key)).body).toEqual(made.body);
      const sent = await api.call("POST", "/v1/events", {
        key,
        body: {
          events: ["DE", "DE", "FR"].map((country, n) =>
            anEvent({ event_type: name, payload: { country, amount: n + 0.5 } }),
          ),
        },
      });
      await settled(sent.body.receipt_id);
      const meter = { name, state: "complete", complete_from: null };
      expect((await get(`/v1/analytics/count?meter=${name}&measure=sum`, key)).body).toMatchObject({
        count: 3,
        value: "4.5",
        numbers: 3,
        meter,
      });
      expect((await get(`/v1/analytics/group?meter=${name}&measure=max&by=country`, key)).body).toMatchObject(
        {
          groups: [
            { dimensions: { country: "FR" }, count: 1, value: "2.5" },
            { dimensions: { country: "DE" }, count: 2, value: "1.5" },
          ],
          source: "rollup",
        },
      );
      const days = await get(
        `/v1/analytics/series?meter=${name}&interval=month&by=country&where=payload.country=FR`,
        key,
      );
      expect(days.body.series.at(-1)).toMatchObject({ dimensions: { country: "FR" }, count: 1 });
      expect((await get("/v1/analytics/count?meter=none", key)).status).toBe(404);
      expect((await callAsAdmin("DELETE", `/v1/meters/${name}?client=${client}`)).status).toBe(204);
      expect((await get(`/v1/meters/${name}`, key)).status).toBe(404);
    });

    test("answer as documented: clients and keys", async () => {
      const client = await newClient({ name: "changes" });
      const path = `/v1/clients/${client}`;
      const change = await callAsAdmin("PATCH", path, { burst: 5 });
      expect(change).toMatchObject({ status: 200, body: { burst: 5 } });
      expect((await get(path, admin)).body).toEqual(change.body);
      expectProblem(await callAsAdmin("PATCH", path, { colour: 1 }), 422, "invalid-body");
      const { key_id } = await newKey(client, { scopes: ["read"] });
      expect((await callAsAdmin("DELETE", `${path}/keys/${key_id}`)).status).toBe(204);
      const keys = await get(`${path}/keys`, admin);
      expect(keys.body).toMatchObject({ keys: [{ key_id, revoked_at: expect.any(String) }] });
    });

    test("answer as documented: webhooks", async () => {
      const client = await newClient({ name: "receiver" });
      const path = `/v1/clients/${client}/webhooks`;
      const source = `contract-${gateway}`;
      const made = await callAsAdmin("POST", path, { source, kind: "standard" });
      expect(made.status, made.text).toBe(201);
      expectProblem(await callAsAdmin("POST", path, { source, kind: "github" }), 409, "conflict");
      const added = await callAsAdmin("POST", `${path}/${source}/secrets`, {});
      expectProblem(await callAsAdmin("POST", `${path}/${source}/secrets`, {}), 409, "secret-limit");
      const listed = await get(path, admin);
      expect(listed.body.webhooks[0].secrets).toHaveLength(2);
      const at = `/v1/webhooks/${source}`;
      for (const secret of [made.body.secret, added.body.secret]) {
        const { headers, body } = standardDelivery(secret, { type: "a", name: "Größe 😀" });
        const taken = await api.call("POST", at, { key: NONE, body, headers });
        expect(taken, taken.text).toMatchObject({ status: 202, body: { accepted: 1 } });
        const changed = await api.call("POST", at, { key: NONE, body: body.replace("ß", "ẞ"), headers });
        expectProblem(changed, 401, "invalid-signature");
      }
      expectProblem(await api.call("POST", `${at}-2`, { key: NONE, body: {} }), 404, "not-found");
      const first = made.body.secrets[0].secret_id;
      expect((await callAsAdmin("DELETE", `${path}/${source}/secrets/${first}`)).status).toBe(204);
      expect((await callAsAdmin("DELETE", `${path}/${source}`)).status).toBe(204);
    });

    test("for the audit answer as documented, and their own entries verify", async () => {
      const request = (await get("/v1/pipeline")).headers.get("x-request-id");
      // The worker stores it after a while.
      const proof = await vi.waitFor(
        async () => {
          const answer = await get(`/v1/audit/${request}/proof`, admin);
          expect(answer.status).toBe(200);
          return answer.body;
        },
        { timeout: 45_000, interval: 200 },
      );
      expect(proof.entry).toMatchObject({ request_id: request, route: "/v1/pipeline", status: 200 });
      expect((await get(`/v1/audit?request_id=${request}`, admin)).body.entries).toHaveLength(1);
      const found = await get("/v1/audit/verify", admin);
      expect(found).toMatchObject({ status: 200, body: { valid: true, complete: true } });
      expect(found.body.entries).toBeGreaterThan(0);
      const file = await get("/v1/audit/export", admin);
      expect(await verifyText(file.text)).toMatchObject({ valid: true });
      expect((await get("/v1/audit/export?format=csv&limit=1", admin)).text).toMatch(/^at,request_id,/);
      expect((await get("/v1/audit/checkpoints", admin)).status).toBe(200);
      expect((await get("/v1/audit/verify")).status).toBe(403);
    });

    test("each have one entry in the audit log, whatever their status", async () => {
      const marker = `audit-${randomUUID()}`;
      const headers = { "user-agent": marker };
      const calls: [string, string, number][] = [
        ["GET", "/v1/events", 200],
        ["GET", "/v1/events/none", 404],
        ["GET", "/nowhere", 404],
        ["DELETE", "/v1/events", 405],
        ["GET", "/health", 200],
        ["POST", "/v1/events", 415],
        ["GET", "/v1/audit", 403],
      ];
      for (const [method, path, status] of calls) {
        const answer = await fetch(`${url}${path}`, { method, headers: { ...headers, "x-api-key": key } });
        expect(answer.status).toBe(status);
      }
      expect((await fetch(`${url}/v1/events`, { headers })).status).toBe(401);
      await vi.waitFor(
        async () => {
          const { body } = await get("/v1/audit?limit=1000", admin);
          const mine = body.entries.filter((entry: { user_agent: string }) => entry.user_agent === marker);
          const rows = mine.map(({ method, path, status }: Record<string, unknown>) => [
            method,
            path,
            status,
          ]);
          expect(rows.toSorted()).toEqual([...calls, ["GET", "/v1/events", 401]].toSorted());
          expect(mine[0]).toMatchObject({ address: "127.0.0.1" });
        },
        { timeout: 45_000, interval: 100 },
      );
    });

    test("have all succeeded at least once by now", async () => {
      const asset = await assetOfDashboard(url);
      const pages = ["/", "/dashboard", "/dashboard/overview", "/docs", "/docs/sending", `/assets/${asset}`];
      for (const page of ["/openapi.json", ...pages])
        expect((await get(page, NONE)).status, page).toBeLessThan(400);
      const logs = {
        resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: "started" } }] }] }],
      };
      expect((await api.call("POST", "/v1/logs", { key, body: logs })).status).toBe(200);
      for (const path of ["/v1/key", "/v1/audit/ocsf"])
        expect((await get(path, admin)).status, path).toBe(200);
      const missing = Object.values(api.document.paths)
        .flatMap((methods) => Object.values(methods))
        .filter(({ operationId, responses }) => {
          const good = Object.keys(responses).filter((status) => /^[23]/.test(status));
          return !good.some((status) => api.seen.has(`${operationId} ${status}`));
        });
      expect(missing.map(({ operationId }) => operationId)).toEqual([]);
    });
  });

  it("each difference of this gateway names a test", () => {
    expect(Object.keys(differences).filter((title) => !used.has(title))).toEqual([]);
  });
}
