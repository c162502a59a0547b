/** The gateway over real connections; its function returns the event that it got. */
import { once } from "node:events";
import { request as send } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { APIGatewayProxyEventV2 } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { operations } from "../../../lib/app/operations.ts";
import { createGateway, type Gateway, type GatewayOptions, type Handler } from "../../../serve/gateway.ts";
import { atEnd } from "../../support/cleanup.ts";

const echo: Handler = async (event) => ({
  statusCode: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify(event),
});

interface Started extends Gateway {
  port: number;
  logged: string[];
}

async function start(handler: Handler = echo, options: Partial<GatewayOptions> = {}): Promise<Started> {
  const logged: string[] = [];
  const log = { warn: (text: string) => logged.push(text), error: (text: string) => logged.push(text) };
  const handlers = {
    ingest: handler,
    analytics: handler,
    audit: handler,
    health: handler,
    admin: handler,
    web: handler,
  };
  const refuse: GatewayOptions["refuse"] = async (_event, _context, waitS) => ({
    statusCode: 503,
    headers: { "retry-after": String(waitS) },
  });
  const gateway = createGateway({
    operations: Object.values(operations),
    handlers,
    refuse,
    log: log as never,
    ...options,
  });
  gateway.server.listen(0, "127.0.0.1");
  await once(gateway.server, "listening");
  atEnd(() => gateway.drain({ graceMs: 0, withinMs: 0 }));
  return Object.assign(gateway, { port: (gateway.server.address() as AddressInfo).port, logged });
}

interface Sent {
  method?: string;
  headers?: Record<string, string | string[]>;
  body?: string | Buffer;
}

/** Sends the path as it is: fetch would normalize it. */
async function call(port: number, path: string, { method = "GET", headers = {}, body }: Sent = {}) {
  const outgoing = send({ port, host: "127.0.0.1", path, method, headers });
  outgoing.end(body);
  const [incoming] = await once(outgoing, "response");
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk);
  const text = Buffer.concat(chunks).toString();
  return {
    status: incoming.statusCode as number,
    headers: incoming.headers,
    rawHeaders: incoming.rawHeaders as string[],
    text,
  };
}

const eventOf = async (...words: Parameters<typeof call>): Promise<APIGatewayProxyEventV2> =>
  JSON.parse((await call(...words)).text);

/** Sends bytes on a connection of their own, and returns all that comes back until it ends. */
async function raw(port: number, bytes: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(bytes);
  let text = "";
  for await (const chunk of socket) text += chunk;
  return text;
}

describe("an event", () => {
  it("has the route of the contract, and decoded parameters", async () => {
    const { port } = await start();
    expect(await eventOf(port, "/v1/events/a%2Fb%20c?x=1")).toMatchObject({
      version: "2.0",
      routeKey: "GET /v1/events/{event_id}",
      rawPath: "/v1/events/a%2Fb%20c",
      pathParameters: { event_id: "a/b c" },
      requestContext: { http: { method: "GET", path: "/v1/events/a%2Fb%20c", sourceIp: "127.0.0.1" } },
    });
  });

  it.each([
    ["GET", "/v1/events/export", "GET /v1/events/export"],
    ["GET", "/v1/events/..", "GET /v1/events/{event_id}"],
    ["GET", "/v1/events/%ff", "GET /v1/events/{event_id}"],
    ["DELETE", "/v1/clients/c/keys/k", "DELETE /v1/clients/{client_id}/keys/{key_id}"],
    ["GET", "/", "GET /"],
    ["POST", "/", "$default"],
    ["GET", "/v1/events/", "$default"],
    ["GET", "//v1/events", "$default"],
    ["HEAD", "/openapi.json", "$default"],
    ["OPTIONS", "/v1/events", "$default"],
    ["PUT", "/v1/events", "$default"],
    ["GET", "http://example.com/health", "GET /health"],
  ])("%s %s has route %s", async (method, path, route) => {
    const seen: string[] = [];
    const { port } = await start(async (event) => {
      seen.push(event.routeKey);
      return { statusCode: 204 };
    });
    await call(port, path, { method });
    expect(seen).toEqual([route]);
  });

  it("keeps the query as sent, and joins repeated parameters", async () => {
    const { port } = await start();
    expect(await eventOf(port, "/health?a=1&b=%C3%A9+x&a=2&__proto__=y&c")).toMatchObject({
      rawQueryString: "a=1&b=%C3%A9+x&a=2&__proto__=y&c",
      queryStringParameters: { a: "1,2", b: "é x", c: "" },
    });
  });

  it("joins repeated headers, and has cookies apart", async () => {
    const { port } = await start();
    const headers = { "X-Many": ["one", "two"], Cookie: ["a=1; b=2", "c=3"], "X-API-Key": "k" };
    const event = await eventOf(port, "/health", { headers });
    expect(event.headers).toMatchObject({ "x-many": "one,two", "x-api-key": "k" });
    expect(event.headers).not.toHaveProperty("cookie");
    expect(event.cookies).toEqual(["a=1", "b=2", "c=3"]);
  });

  it.each([
    ["text", '{"ä":1}', {}, false],
    ["bytes that are not UTF-8", Buffer.from([0x7b, 0xff]), {}, true],
    ["compressed bytes", Buffer.from("abc"), { "content-encoding": "gzip" }, true],
  ])("has a body of %s unchanged", async (_, body, headers, isBase64) => {
    const { port } = await start();
    const event = await eventOf(port, "/v1/events", { method: "POST", headers, body });
    expect(event.isBase64Encoded).toBe(isBase64);
    expect(Buffer.from(event.body ?? "", isBase64 ? "base64" : "utf8")).toEqual(Buffer.from(body));
  });

  it.each([
    [[], "9.9.9.9", "127.0.0.1"],
    [["127.0.0.1/8"], "8.8.8.8, 9.9.9.9", "9.9.9.9"],
    [["127.0.0.1/8", "9.9.9.9"], "8.8.8.8, 9.9.9.9", "8.8.8.8"],
  ])(
    "with trusted proxies %j and X-Forwarded-For %s has address %s",
    async (trustedProxies, forwarded, address) => {
      const { port } = await start(echo, { trustedProxies });
      const event = await eventOf(port, "/health", { headers: { "X-Forwarded-For": forwarded } });
      expect(event.requestContext.http.sourceIp).toBe(address);
    },
  );
});

describe("a response", () => {
  it("has the function's status, headers, cookies and bytes", async () => {
    const { port } = await start(async () => ({
      statusCode: 201,
      headers: { "x-one": "1", connection: "close", "content-length": "99" },
      cookies: ["a=1", "b=2"],
      body: Buffer.from([0, 255]).toString("base64"),
      isBase64Encoded: true,
    }));
    const { status, headers } = await call(port, "/health");
    expect(status).toBe(201);
    expect(headers).toMatchObject({
      "x-one": "1",
      "set-cookie": ["a=1", "b=2"],
      "content-length": "2",
      connection: "keep-alive",
    });
  });

  it("to HEAD has the length, but no body", async () => {
    const { port } = await start(async () => ({ statusCode: 200, body: "four" }));
    expect(await call(port, "/x", { method: "HEAD" })).toMatchObject({
      text: "",
      headers: { "content-length": "4" },
    });
  });

  it("is 503 if the function throws or takes too long", async () => {
    const hanging = await start(() => new Promise(() => {}), { limits: { functionMs: () => 20 } });
    expect(await call(hanging.port, "/health")).toMatchObject({ status: 503 });
    expect(hanging.logged).toEqual(["function-timeout"]);
    const failing = await start(async () => Promise.reject(new Error("no")));
    const { status, headers, text } = await call(failing.port, "/health");
    expect([status, headers["content-type"]]).toEqual([503, "application/problem+json; charset=utf-8"]);
    expect(text).not.toContain('no"');
    expect(failing.logged).toEqual(["function-failed"]);
  });
});

describe("the limits", () => {
  it("a body is not read much further than a function accepts", async () => {
    const { port } = await start(async ({ body }) => ({ statusCode: 413, body: String(body?.length) }));
    const endless = `POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 90000000\r\n\r\n${"x".repeat(3_000_000)}`;
    const text = await raw(port, endless);
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toMatch(/connection: close/i);
    expect(text).toMatch(/\r\n\r\n2097152$/);
  });

  it("requests in flight beyond the limit are refused with a wait, and those within it are answered", async () => {
    const open = Promise.withResolvers<void>();
    const slow: Handler = async () => {
      await open.promise;
      return { statusCode: 200 };
    };
    const gateway = await start(slow, { limits: { inFlight: 2 } });
    const within = [call(gateway.port, "/health"), call(gateway.port, "/health")];
    await expect.poll(() => gateway.inFlight).toBe(2);
    const beyond = await call(gateway.port, "/v1/events", { method: "POST", body: "{}" });
    expect([beyond.status, beyond.headers["retry-after"]]).toEqual([503, "1"]);
    open.resolve();
    expect((await Promise.all(within)).map(({ status }) => status)).toEqual([200, 200]);
    expect(gateway.inFlight).toBe(0);
  });

  it.each([
    ["headers that are too large", `GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(11_000)}\r\n\r\n`, 431],
    ["what is not HTTP", "hello\r\n\r\n", 400],
    [
      "two lengths",
      "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      400,
    ],
    ["headers that do not come in time", "GET / HTTP/1.1\r\nHost: x\r\n", 408],
    [
      "a body that does not come in time",
      "POST /v1/events HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{",
      408,
    ],
  ])("%s get a problem document", async (_, bytes, status) => {
    const { port } = await start(echo, { limits: { headersMs: 100, requestMs: 200 } });
    const text = await raw(port, bytes);
    expect(text).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n")))).toMatchObject({ type: "about:blank", status });
  });
});

describe("draining", () => {
  it("finishes what is in flight, and accepts nothing after it", async () => {
    const open = Promise.withResolvers<void>();
    const gateway = await start(async () => {
      await open.promise;
      return { statusCode: 200, body: "done" };
    });
    const running = call(gateway.port, "/health");
    await expect.poll(() => gateway.inFlight).toBe(1);
    const drained = gateway.drain({ graceMs: 0, withinMs: 60_000 });
    open.resolve();
    expect(await running).toMatchObject({ status: 200, text: "done", headers: { connection: "close" } });
    await drained;
    await expect(call(gateway.port, "/health")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("cuts what does not finish in time", async () => {
    const gateway = await start(() => new Promise(() => {}));
    const running = expect(call(gateway.port, "/health")).rejects.toMatchObject({ code: "ECONNRESET" });
    await expect.poll(() => gateway.inFlight).toBe(1);
    await gateway.drain({ graceMs: 0, withinMs: 50 });
    await running;
  });
});
