/** Segment's calls from pages of other origins: preflights, origins of a client, keys that may be in a page. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import { answerOthers } from "../../../lib/app/fallback.ts";
import { authorize, presentedKey } from "../../../lib/auth/authenticate.ts";
import { changeClient } from "../../../lib/clients/clients.ts";
import { fromGateway } from "../../../lib/http/gateway.ts";
import { freshDeps } from "../../support/faults.ts";
import { gatewayEvent } from "../../support/http/gateway.ts";
import { segment } from "../../support/http/segment.ts";
import { type Answer, addClient, drainAll } from "../../support/pipeline.ts";
import { queueConfig } from "../../support/queue/queues.ts";
import { freePort } from "../../support/servers/ports.ts";

const ORIGIN = "https://shop.example";
const PREFLIGHT = {
  origin: ORIGIN,
  "access-control-request-method": "POST",
  "access-control-request-headers": "authorization,content-type,x-retry-count",
};
const READABLE = { "access-control-allow-origin": "*", "access-control-expose-headers": /Retry-After/ };

let deps: Deps;
beforeAll(async () => {
  deps = freshDeps(await queueConfig("redis"));
});

let number = 0;
const aClient = async (origins: string[], scopes: ("ingest" | "read" | "admin")[] = ["ingest"]) => {
  const client = await addClient(deps, `page-${++number}`, { scopes, rate: 1, burst: 20 });
  await changeClient(deps, client.clientId, { origins });
  return client;
};
const track = (key: string, origin?: string): Promise<Answer> =>
  segment(deps, {
    path: "/v1/t",
    body: { userId: "u", event: "Viewed", writeKey: key },
    headers: { "content-type": "text/plain", ...(origin !== undefined && { origin }) },
  });
const settings = (key: string, origin: string): Promise<Answer> =>
  segment(deps, { method: "GET", path: `/v1/projects/${key}/settings`, headers: { origin } });
const expectReadable = ({ headers }: Answer): void => {
  for (const [name, value] of Object.entries(READABLE)) expect(headers[name]).toMatch(value);
};

describe("a preflight", () => {
  const ask = (path: string, headers: Record<string, string>) =>
    answerOthers(fromGateway(gatewayEvent({ method: "OPTIONS", route: "$default", path, headers })));

  it.each([["/v1/t"], ["/v1/batch"], ["/v1/identify"], ["/v1/events"], ["/v1/logs"]])(
    "of %s allows every origin and header",
    (path) => {
      expect(ask(path, PREFLIGHT)).toMatchObject({
        status: 204,
        body: "",
        headers: {
          "access-control-allow-origin": "*",
          "access-control-allow-methods": "POST",
          "access-control-allow-headers": PREFLIGHT["access-control-request-headers"],
          "access-control-max-age": "7200",
        },
      });
    },
  );

  it("of the settings allows GET", () => {
    const { headers } = ask("/v1/projects/key/settings", PREFLIGHT);
    expect(headers["access-control-allow-methods"]).toBe("GET");
  });

  it("does not return header names that are none", () => {
    const odd = { ...PREFLIGHT, "access-control-request-headers": "a\r\nb: c" };
    expect(ask("/v1/t", odd).headers).not.toHaveProperty("access-control-allow-headers");
  });

  it.each([
    ["of another path", "/v1/clients", PREFLIGHT],
    ["without an origin", "/v1/t", {}],
  ])("%s is refused as another method", (_, path, headers) => {
    expect(() => ask(path, headers)).toThrow(expect.objectContaining({ status: 405 }));
  });

  it("to the function's own URL gets the same answer", async () => {
    const answer = await segment(deps, { method: "OPTIONS", path: "/v1/t", headers: PREFLIGHT });
    expect(answer).toMatchObject({ status: 204, headers: { "access-control-allow-methods": "POST" } });
  });
});

describe("a call of a page", () => {
  it.each([
    [ORIGIN, [ORIGIN], 200],
    [ORIGIN, ["https://other.example", ORIGIN], 200],
    [ORIGIN, ["*"], 200],
    [ORIGIN, [], 403],
    [ORIGIN, ["https://shop.example:8443"], 403],
    ["https://shop.exampl", [ORIGIN], 403],
    ["null", [ORIGIN], 403],
    ["*", [ORIGIN], 403],
  ])("from %s is answered by the client's origins: %j", async (origin, origins, status) => {
    const { secret } = await aClient(origins);
    for (const answer of [await track(secret, origin), await settings(secret, origin)]) {
      expect(answer.status).toBe(status);
      expectReadable(answer);
      if (status === 403) expect(answer.body.code).toBe("origin-not-allowed");
    }
  });

  it("is refused with a key that can do more than send, which a program may use without an origin", async () => {
    for (const scopes of [["ingest", "read"], ["admin"]] as const) {
      const { secret } = await aClient(["*"], [...scopes]);
      expect(await track(secret, ORIGIN)).toMatchObject({
        status: 403,
        body: { code: "origin-not-allowed" },
      });
      expect(await track(secret)).toMatchObject({ status: 200 });
    }
  });

  it("is refused as soon as the origin has been removed", async () => {
    const { clientId, secret } = await aClient([ORIGIN]);
    expect(await track(secret, ORIGIN)).toMatchObject({ status: 200 });
    await changeClient(deps, clientId, { origins: [] });
    expect(await track(secret, ORIGIN)).toMatchObject({ status: 403 });
  });

  it("finds the origins if the version before has cached the client without them", async () => {
    const { clientId, secret } = await aClient([ORIGIN]);
    expect(await track(secret, ORIGIN)).toMatchObject({ status: 200 });
    const record = deps.shards.of(clientId).client(clientId);
    expect(await deps.redis.hdel(record, "origins")).toBe(1);
    expect(await track(secret, ORIGIN)).toMatchObject({ status: 200 });
    expect(await deps.redis.hget(record, "origins")).toBe(ORIGIN);
  });

  it("is decided the same way by PostgreSQL while Redis is away", async () => {
    const away = freshDeps({ ...deps.config, redisUrl: `redis://127.0.0.1:${await freePort()}` });
    for (const [origins, scopes, code] of [
      [[ORIGIN], ["ingest"], undefined],
      [[], ["ingest"], "origin-not-allowed"],
      [["*"], ["ingest", "read"], "origin-not-allowed"],
    ] as const) {
      const { secret } = await aClient([...origins], [...scopes]);
      const result = authorize(away, presentedKey(secret), ["ingest"], () => {}, ORIGIN);
      await (code ? expect(result).rejects.toMatchObject({ code }) : expect(result).resolves.toBeDefined());
    }
  });

  it("can read each refusal, with Retry-After", async () => {
    const { secret } = await aClient([ORIGIN]);
    const answers = [];
    do answers.push(await track(secret, ORIGIN));
    while (answers.at(-1)?.status === 200 && answers.length < 30);
    expect(answers.at(-1)).toMatchObject({ status: 429, headers: { "retry-after": expect.any(String) } });
    answers.push(await track("unknown", ORIGIN));
    expect(answers.at(-1)?.status).toBe(401);
    for (const answer of answers) expectReadable(answer);
  });
});

describe("the settings of the SDK for pages", () => {
  it("name this server as the only destination, as it is reached", async () => {
    const { secret } = await aClient([ORIGIN]);
    const ask = (headers: Record<string, string>) =>
      segment(deps, { method: "GET", path: `/v1/projects/${secret}/settings`, headers });
    const destination = (apiHost: string, protocol: string) => ({
      status: 200,
      body: { integrations: { "Segment.io": { apiKey: secret, apiHost, protocol } } },
    });
    expect(await ask({ host: "weir.example:3000", "x-forwarded-proto": "http" })).toMatchObject(
      destination("weir.example:3000/v1", "http"),
    );
    const behindProxy = { "x-forwarded-proto": "https,http", "x-forwarded-host": "events.example, inner" };
    expect(await ask(behindProxy)).toMatchObject(destination("events.example/v1", "https"));
  });

  it("leave no key in the audit log", async () => {
    const key = "an-imported-key-0123456789";
    const answer = await segment(deps, { method: "GET", path: `/v1/projects/${key}/settings` });
    expect(answer.status).toBe(401);
    await drainAll(deps);
    const id = String(answer.headers["x-request-id"]);
    const [row] = await deps.sql`SELECT * FROM audit_log WHERE request_id = ${id}`;
    expect(row?.path).toBe("/v1/projects/{write_key}/settings");
    expect(JSON.stringify(row)).not.toContain(key);
  });
});
