import { createServer, type RequestListener } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { backoff } from "../../../sdk/typescript/src/answer.ts";
import { parseRetryAfter } from "../../../sdk/typescript/src/http.ts";
import { createWeirClient, WeirError } from "../../../sdk/typescript/src/node.ts";
import { listen } from "../../support/servers/listen.ts";

async function start(answer: RequestListener) {
  const requests: string[] = [];
  const server = createServer(async (request, response) => {
    const { "x-api-key": key, "content-type": type } = request.headers;
    const body = await text(request);
    requests.push([request.method, request.url, key, ...(type ? [type, body] : [])].join(" "));
    answer(request, response);
  });
  const url = `http://127.0.0.1:${await listen(server)}/`;
  return { requests, weir: createWeirClient({ url, key: "k" }) };
}

const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

describe("a call", () => {
  it("sends path, query and key, and resolves with the body", async () => {
    const { requests, weir } = await start(json({ count: 3 }));
    const query = { event_type: ["a", "b c"], client: "x", start: undefined as never };
    expect((await weir.countEvents({ query })).count).toBe(3);
    await weir.getEvent({ path: { event_id: "a/b ü" } });
    expect(requests).toEqual([
      "GET /v1/analytics/count?event_type=a&event_type=b+c&client=x k",
      "GET /v1/events/a%2Fb%20%C3%BC k",
    ]);
  });

  it("sends a body as JSON", async () => {
    const { requests, weir } = await start(json({}, 201));
    await weir.createClient({ body: { name: "shop" } });
    expect(requests).toEqual(['POST /v1/clients k application/json {"name":"shop"}']);
  });

  it("resolves with text that is not JSON as it is, and with nothing if there is nothing", async () => {
    const csv = await start((_, response) =>
      response.writeHead(200, { "content-type": "text/csv" }).end("1,2"),
    );
    expect(await csv.weir.exportEvents({ query: { format: "csv" } })).toBe("1,2");
    const none = await start((_, response) => response.writeHead(204).end());
    expect(await none.weir.revokeKey({ path: { client_id: "c", key_id: "k" } })).toBeUndefined();
  });

  it("gives the response itself on request", async () => {
    const { weir } = await start(json({ a: 12 }, 200, { "x-request-id": "r" }));
    const response = await weir.response("getPipeline");
    expect([response.headers.get("x-request-id"), await response.text()]).toEqual(["r", '{"a":12}']);
  });

  it("rejects with the problem that the API answers with", async () => {
    const errors = [{ parameter: "start", detail: "bad" }];
    const body = { code: "invalid-parameter", detail: "no", instance: "urn:uuid:1", status: 400, errors };
    const { weir } = await start(json(body, 400, { "retry-after": "7", "x-request-id": "r" }));
    const error = await weir.countEvents().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(WeirError);
    const facts = { status: 400, code: "invalid-parameter", detail: "no", errors, body };
    expect(error).toMatchObject({ ...facts, requestId: "r", retryAfterMs: 7_000 });
    expect((error as Error).message).toBe("400 invalid-parameter: no");
  });

  it("rejects with an error if the response is no problem document", async () => {
    const { weir } = await start((_, response) => response.writeHead(502).end("<p>"));
    await expect(weir.countEvents()).rejects.toMatchObject({ status: 502, code: undefined, body: "<p>" });
  });

  it("rejects when its signal or its time ends", async () => {
    const { weir } = await start(() => {});
    const signal = AbortSignal.abort(new Error("enough"));
    await expect(weir.getHealth({}, { signal })).rejects.toThrow("enough");
    await expect(weir.getHealth({}, { timeoutMs: 20 })).rejects.toMatchObject({ name: "TimeoutError" });
  });
});

it("a backoff is any time up to a limit that doubles, up to a maximum", () => {
  const limits = { minBackoffMs: 100, maxBackoffMs: 1_000 };
  const most = [1, 2, 3, 4, 5, 600].map((failures) => backoff(failures, limits, 1));
  expect(most).toEqual([100, 200, 400, 800, 1_000, 1_000]);
  expect([backoff(3, limits, 0), backoff(3, limits, 0.5)]).toEqual([0, 200]);
  const some = Array.from({ length: 1_000 }, () => backoff(1, limits));
  expect(Math.min(...some)).toBeLessThan(50);
  expect(Math.max(...some)).toBeGreaterThan(50);
  expect(Math.max(...some)).toBeLessThan(100);
});

it("Retry-After is a number of seconds or a date", () => {
  const now = Date.parse("2026-11-23T06:00:00Z");
  const read = (value: string | null) => parseRetryAfter(value, now);
  expect(read("120")).toBe(120_000);
  expect(read("Mon, 23 Nov 2026 06:00:30 GMT")).toBe(30_000);
  expect(read("Mon, 23 Nov 2026 05:00:00 GMT")).toBe(0);
  expect([read(null), read("soon")]).toEqual([undefined, undefined]);
});
