/** The span of a batch: what it links to, its parent, its counts. */
import { type SpanContext, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-node";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../../lib/app/connect.ts";
import { refuseEvents } from "../../support/erasures.ts";
import { addClient, anEvent, drainAll, send } from "../../support/pipeline.ts";
import { testDeps } from "../../support/servers/deps.ts";
import { recordSpans } from "../../support/tracing/recorded.ts";
import { aTraceparent } from "../../support/tracing/traceparent.ts";

const finished = recordSpans();
let deps: Deps;
let secret: string;
beforeAll(async () => {
  deps = await testDeps();
  ({ secret } = await addClient(deps, "shop"));
  await refuseEvents(deps);
});
beforeEach(() => {
  finished();
});

const ofKind = (spans: readonly ReadableSpan[], kind: SpanKind): ReadableSpan[] =>
  spans.filter((span) => span.kind === kind);
const idsOf = ({ traceId, spanId }: SpanContext): string => `${traceId} ${spanId}`;
const linksOf = (span: ReadableSpan | undefined): string[] =>
  (span?.links ?? []).map(({ context }) => idsOf(context)).toSorted();

it("a batch of several requests is a root, links to each once, and counts its events", async () => {
  const event = anEvent();
  await send(
    deps,
    secret,
    { events: [event, anEvent(), anEvent({ event_id: "poison-1" })] },
    { traceparent: aTraceparent() },
  );
  await deps.redis.del(...(await deps.redis.keys("*:seen:*")));
  await send(deps, secret, event, { traceparent: aTraceparent() });
  await send(deps, secret, "no JSON");
  await drainAll(deps);
  const spans = finished();
  const producers = ofKind(spans, SpanKind.PRODUCER);
  const [consumer, ...others] = ofKind(spans, SpanKind.CONSUMER);
  expect([producers.length, others.length]).toEqual([3, 0]);
  expect(consumer?.parentSpanContext).toBeUndefined();
  expect(linksOf(consumer)).toEqual(producers.map((span) => idsOf(span.spanContext())).toSorted());
  expect(consumer?.attributes).toMatchObject({
    "messaging.batch.message_count": 3,
    "weir.events.stored": 2,
    "weir.events.duplicates": 1,
    "weir.events.quarantined": 1,
  });
  expect(producers.map(({ attributes }) => attributes["weir.admission"])).toEqual(["ok", "ok", "refused"]);
});

it("a batch of one request is its child", async () => {
  await send(deps, secret, anEvent(), { traceparent: aTraceparent() });
  await drainAll(deps);
  const spans = finished();
  const [producer] = ofKind(spans, SpanKind.PRODUCER);
  const [consumer] = ofKind(spans, SpanKind.CONSUMER);
  const expected = producer && idsOf(producer.spanContext());
  expect(consumer?.parentSpanContext && idsOf(consumer.parentSpanContext)).toBe(expected);
  expect(linksOf(consumer)).toEqual([expected]);
});

it("a batch in a span around it, such as a layer's on Lambda, is its child, and links to the request", async () => {
  await send(deps, secret, anEvent(), { traceparent: aTraceparent() });
  const around = await trace.getTracer("layer").startActiveSpan("invocation", async (span) => {
    await drainAll(deps);
    span.end();
    return span.spanContext();
  });
  const [consumer] = ofKind(finished(), SpanKind.CONSUMER);
  expect(consumer?.parentSpanContext).toEqual(around);
  expect(linksOf(consumer)).toHaveLength(1);
});

it("a batch that PostgreSQL can't store is an error, and counts nothing", async () => {
  await send(deps, secret, anEvent());
  const away = createDeps({ ...deps.config, databaseUrl: "postgres://127.0.0.1:1/none" });
  finished();
  await expect(drainAll(away)).rejects.toThrow();
  await closeDeps(away);
  const failed = ofKind(finished(), SpanKind.CONSUMER);
  expect(failed.length).toBeGreaterThan(0);
  for (const { status, attributes } of failed) {
    expect(status).toEqual({ code: SpanStatusCode.ERROR });
    expect(attributes).toMatchObject({ "error.type": "ECONNREFUSED", "weir.events.stored": 0 });
  }
});
