/** Requests that are invalid, whatever the operation. */
import { gzipSync } from "node:zlib";
import { describe, expect, vi } from "vitest";
import { expectProblem, faultsOf } from "../support/http/problems.ts";
import { anEvent } from "../support/pipeline.ts";
import type { System } from "../support/servers/system.ts";

type Test = (title: string, body: () => Promise<void>) => void;

/** @param system with the keys of a client and of an administrator */
export function invalidRequests(
  test: Test,
  { api, get, post, key, admin }: Pick<System, "api" | "get" | "post"> & { key: string; admin: string },
): void {
  describe("an invalid request", () => {
    const tooMany = { events: Array.from({ length: 1_001 }, () => ({})) };
    const bomb = gzipSync(Buffer.alloc(5_000_000, " "));
    const cases: [
      what: string,
      status: number,
      code: string,
      body: unknown,
      headers?: Record<string, string>,
    ][] = [
      ["incomplete JSON", 400, "invalid-json", '{"event_id":'],
      ["a body that is not UTF-8", 400, "invalid-encoding", new Uint8Array([0x7b, 0xff, 0x7d])],
      ["a body that is not gzip", 400, "invalid-encoding", "not gzip", { "content-encoding": "gzip" }],
      ["more than 1 MiB", 413, "payload-too-large", "x".repeat(1_100_000)],
      ["more than 1,000 events", 413, "payload-too-large", tooMany],
      ["more than 1 MiB of gzip", 413, "payload-too-large", bomb, { "content-encoding": "gzip" }],
      [
        "a form",
        415,
        "unsupported-media-type",
        "a=b",
        { "content-type": "application/x-www-form-urlencoded" },
      ],
      ["Brotli", 415, "unsupported-media-type", "{}", { "content-encoding": "br" }],
      ["a list", 422, "invalid-body", []],
      ["no event", 422, "invalid-body", { events: [] }],
      ["no valid event", 422, "no-valid-events", { events: [{}, { event_id: "x" }] }],
    ];
    for (const [what, status, code, body, headers = {}] of cases)
      test(`with ${what} is answered with ${status} ${code}`, async () =>
        expectProblem(await post(body, headers), status, code));

    test("with a malformed content type is answered with 415", async () => {
      expectProblem(await post("{}", { "content-type": "json" }), 415, "unsupported-media-type");
    });

    test("with a parameter that is not UTF-8 is answered with 400", async () => {
      expectProblem(await get("/v1/events?event_type=%ff"), 400, "invalid-parameter");
    });

    test("with a path that is not UTF-8 is answered with a problem, and recorded", async () => {
      const answer = await get("/v1/events/%ff");
      expect(answer.status).toBeGreaterThanOrEqual(400);
      const path = `/v1/audit?request_id=${answer.headers.get("x-request-id")}`;
      await vi.waitFor(async () => expect((await get(path, admin)).body.entries).toHaveLength(1), {
        timeout: 20_000,
        interval: 200,
      });
    });

    test("is answered with an error for each invalid event", async () => {
      const { body } = await post({ events: [anEvent(), anEvent({ payload: 1 }), anEvent({ other: 1 })] });
      expect(body).toMatchObject({ accepted: 1, rejected: 2 });
      expect(body.errors).toMatchObject([
        { index: 1, code: "invalid-event", pointer: "/payload", retryable: false },
        { index: 2, code: "invalid-event", pointer: "/other", retryable: false },
      ]);
    });
  });

  describe("problem documents", () => {
    test("report unknown paths with 404, methods with 405 and Allow, and parameters with 400 by name", async () => {
      expectProblem(await get("/nowhere"), 404, "not-found");
      const put = await api.call("PUT", "/v1/events", { key, body: {} });
      expectProblem(put, 405, "method-not-allowed");
      expect(put.headers.get("allow")?.split(", ").toSorted()).toEqual(["GET", "POST"]);
      const wrong = await get("/v1/events?limit=0&colour=red&start=yesterday");
      expectProblem(wrong, 400, "invalid-parameter");
      expect(faultsOf(wrong).toSorted()).toEqual(["colour", "limit", "start"]);
      expect((await get("/v1/events?cursor=nonsense")).status).toBe(400);
      expect((await get("/v1/receipts/nonsense", key)).status).toBe(404);
      expect((await get("/v1/clients/nobody", admin)).status).toBe(404);
    });

    test("have a page for each type", async () => {
      const page = await get("/docs/errors/rate-limited", "");
      expect(page.text).toContain("`rate-limited` — HTTP status 429.");
      expect((await get("/docs/errors/nonsense", "")).status).toBe(404);
    });
  });
}
