import { context, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-node";
import { beforeEach, describe, expect, it } from "vitest";
import { serverSpan } from "../../../lib/app/server-span.ts";
import { newSecret } from "../../../lib/base/ids.ts";
import { fieldsOf } from "../../../lib/base/tracing.ts";
import { fromGateway } from "../../../lib/http/gateway.ts";
import { type GatewayRequest, gatewayEvent } from "../../support/http/gateway.ts";
import { recordSpans } from "../../support/tracing/recorded.ts";
import { aTraceparent } from "../../support/tracing/traceparent.ts";

const finished = recordSpans();
beforeEach(() => {
  finished();
});

/** The span of a call that is answered with this status. */
async function spanOf(
  request: Partial<GatewayRequest>,
  statusCode = 200,
  clientId: string | null = null,
): Promise<ReadableSpan> {
  const call = fromGateway(gatewayEvent({ method: "GET", route: "/v1/events", ...request }));
  await serverSpan(
    call,
    () => clientId,
    async () => ({ statusCode }),
  );
  const [span] = finished().filter(({ name }) => name !== "around");
  if (!span) throw new Error("There is no span.");
  return span;
}

describe("the span of a call", () => {
  it("is a child of the sender's, with its tracestate, and its context is the one to pass on", async () => {
    const traceparent = aTraceparent();
    const headers = { traceparent, tracestate: "vendor=1" };
    const request = fromGateway(gatewayEvent({ method: "POST", route: "/v1/events", headers }));
    const passedOn = await serverSpan(
      request,
      () => null,
      async (inside) => {
        expect(trace.getSpanContext(context.active())).toEqual(trace.getSpanContext(inside));
        return { statusCode: 202, ...fieldsOf(inside) };
      },
    );
    const [span] = finished();
    const [, traceId, spanId] = traceparent.split("-");
    expect(span).toMatchObject({
      kind: SpanKind.SERVER,
      parentSpanContext: { traceId, spanId, isRemote: true },
    });
    expect(passedOn).toMatchObject({
      traceparent: `00-${traceId}-${span?.spanContext().spanId}-01`,
      tracestate: "vendor=1",
    });
  });

  it("is a root if the sender's traceparent is invalid or missing", async () => {
    for (const headers of [{}, { traceparent: "00-1-2-3" }])
      expect((await spanOf({ headers })).parentSpanContext).toBeUndefined();
  });

  it("is a child of a span around it, and links to a sender whose trace is another", async () => {
    const traceparent = aTraceparent();
    await trace.getTracer("layer").startActiveSpan("around", async (around) => {
      const own = await spanOf({ headers: { traceparent } });
      expect(own).toMatchObject({ kind: SpanKind.INTERNAL, parentSpanContext: around.spanContext() });
      expect(own.links.map(({ context: { traceId } }) => traceId)).toEqual([traceparent.split("-")[1]]);
      const { traceId, spanId } = around.spanContext();
      const same = await spanOf({ headers: { traceparent: `00-${traceId}-${spanId}-01` } });
      expect([same.links, same.kind]).toEqual([[], SpanKind.INTERNAL]);
      around.end();
    });
  });

  it("has the route's template in its name, and the id of the client", async () => {
    const span = await spanOf({ route: "/v1/events/{event_id}", path: "/v1/events/e-1" }, 404, "acme");
    expect(span.name).toBe("GET /v1/events/{event_id}");
    expect(span.attributes).toMatchObject({
      "http.route": "/v1/events/{event_id}",
      "http.response.status_code": 404,
      "url.path": "/v1/events/e-1",
      "weir.client.id": "acme",
    });
    expect(span.status.code).toBe(SpanStatusCode.UNSET);
  });

  it("has no text of a caller in its name, without a route or with an unknown method", async () => {
    const span = await spanOf({ method: "BREW", route: "$default", path: "/coffee" }, 404);
    expect(span.name).toBe("HTTP");
    expect(span.attributes).toMatchObject({ "http.request.method": "_OTHER" });
    expect(span.attributes).not.toHaveProperty("http.route");
  });

  it.each([500, 503])("is an error with status %i", async (status) => {
    const span = await spanOf({}, status);
    expect(span.status.code).toBe(SpanStatusCode.ERROR);
    expect(span.attributes).toMatchObject({ "error.type": String(status) });
  });

  it("has neither a key, nor the query, nor the address, nor the user agent", async () => {
    const secret = newSecret("acme");
    const headers = { "x-api-key": secret, "user-agent": "agent-7", cookie: "c=1" };
    const query = { where: "payload.email:ada@example.org" };
    const span = await spanOf({
      headers,
      query,
      path: `/v1/events/${secret}`,
      route: "/v1/events/{event_id}",
    });
    const text = JSON.stringify([span.name, span.attributes, span.events, span.status]);
    for (const hidden of [secret, secret.slice(-12), "agent-7", "c=1", "ada", "203.0.113.7"])
      expect(text).not.toContain(hidden);
  });

  it("of a call that fails has the error's name, and not its message, which may quote data", async () => {
    const call = fromGateway(gatewayEvent({ method: "GET", route: "/v1/events" }));
    const failing = serverSpan(
      call,
      () => null,
      async () => {
        throw new TypeError("the payload is secret");
      },
    );
    await expect(failing).rejects.toThrow("secret");
    const [span] = finished();
    expect(span?.attributes).toMatchObject({ "error.type": "TypeError" });
    expect(JSON.stringify([span?.attributes, span?.events, span?.status])).not.toContain("secret");
  });
});
