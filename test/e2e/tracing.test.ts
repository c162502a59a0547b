/** A trace in a collector, from a sender's span to the worker's, with the API and the worker in processes of their own. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Stack } from "../../local/stack.ts";
import { anEvent } from "../support/pipeline.ts";
import { QUEUES } from "../support/queue/queues.ts";
import { testStack } from "../support/servers/stack.ts";
import { otlpReceiver, type ReceivedSpan, type Receiver } from "../support/tracing/otlp-receiver.ts";
import { type Sender, tracedSender } from "../support/tracing/sender.ts";

const MARK = "nobody-may-see-this";
const REQUESTS = 30;

let collector: Receiver;
let sender: Sender;
beforeAll(async () => {
  collector = await otlpReceiver();
  sender = tracedSender(collector.url);
});

interface Sent {
  eventId: unknown;
  traceId: string;
  spanId: string;
  traceparent: string;
}

describe.each(QUEUES)("a trace with QUEUE=%s", (queue) => {
  let stack: Stack;
  let alone: Sent;
  let many: Sent[];
  let spans: ReceivedSpan[];

  const send = async (): Promise<Omit<Sent, "traceparent">> => {
    const event = anEvent({ payload: { text: MARK } });
    const { response, traceId, spanId } = await sender.send(`${stack.url}/v1/events`, stack.apiKey, event);
    expect(response.status).toBe(202);
    return { eventId: event.event_id, traceId, spanId };
  };
  const stored = async (sent: Omit<Sent, "traceparent">): Promise<Sent> => {
    const url = `${stack.url}/v1/events?event_id=${sent.eventId}&start=2001-01-01T00:00:00Z`;
    const traceparent = await vi.waitFor(
      async () => {
        const answer = await fetch(url, { headers: { "x-api-key": stack.apiKey } });
        const { events } = (await answer.json()) as { events: { traceparent?: string }[] };
        expect(events).toHaveLength(1);
        return events[0]?.traceparent ?? "";
      },
      { timeout: 45_000, interval: 50 },
    );
    return { ...sent, traceparent };
  };
  /** The only span of a trace with this kind from this service. */
  const only = (traceId: string, service: string, kind: ReceivedSpan["kind"]): ReceivedSpan => {
    const found = spans.filter(
      (span) => span.traceId === traceId && span.service === service && span.kind === kind,
    );
    expect(found.map(({ name }) => name)).toHaveLength(1);
    return found[0] as ReceivedSpan;
  };

  beforeAll(async () => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: "x-token=of-the-collector",
      // Longer than the test, so that spans arrive because of the flush at the end.
      OTEL_BSP_SCHEDULE_DELAY: "600000",
    };
    stack = await testStack(environment, { queue });
    alone = await stored(await send());
    many = await Promise.all((await Promise.all(Array.from({ length: REQUESTS }, send))).map(stored));
    expect(await stack.stop()).toEqual([]);
    spans = collector.spans;
  });

  it("is whole: sender, ingest, queue, worker", () => {
    const { traceId } = alone;
    const client = only(traceId, "sender", "client");
    const server = only(traceId, "weir-api", "server");
    const producer = only(traceId, "weir-api", "producer");
    const consumer = only(traceId, "weir-background", "consumer");
    expect(client).toMatchObject({ parentSpanId: "", spanId: alone.spanId });
    expect(server).toMatchObject({ name: "POST /v1/events", parentSpanId: client.spanId });
    expect(producer).toMatchObject({ parentSpanId: server.spanId });
    expect(consumer).toMatchObject({ parentSpanId: producer.spanId });
    expect(consumer.links).toEqual([{ traceId, spanId: producer.spanId }]);
    expect(spans.filter((span) => span.traceId === traceId)).toHaveLength(4);
    expect(alone.traceparent).toBe(`00-${traceId}-${producer.spanId}-01`);
  });

  it("says what was done, by the conventions", () => {
    const { traceId } = alone;
    const system = queue === "sqs" ? "aws_sqs" : "redis";
    const destination = queue === "sqs" ? "weir" : "weir:queue";
    expect(only(traceId, "weir-api", "server").attributes).toMatchObject({
      "http.request.method": "POST",
      "http.route": "/v1/events",
      "http.response.status_code": 202,
      "url.path": "/v1/events",
      "url.scheme": "http",
      "weir.client.id": "demo",
      "weir.request.id": expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    expect(only(traceId, "weir-api", "producer")).toMatchObject({
      name: `send ${destination}`,
      attributes: {
        "messaging.system": system,
        "messaging.destination.name": destination,
        "messaging.operation.type": "send",
        "weir.admission": "ok",
        "weir.events.accepted": 1,
      },
    });
    expect(only(traceId, "weir-background", "consumer")).toMatchObject({
      name: `process ${destination}`,
      attributes: {
        "messaging.system": system,
        "messaging.operation.type": "process",
        "weir.events.stored": 1,
        "weir.events.duplicates": 0,
        "weir.events.quarantined": 0,
      },
    });
  });

  it("of each of many requests leads to a batch, which links to all of its requests", () => {
    const batches = spans.filter(({ kind, links }) => kind === "consumer" && links.length > 0);
    for (const { traceId, traceparent } of many) {
      const producer = only(traceId, "weir-api", "producer");
      expect(producer.parentSpanId).toBe(only(traceId, "weir-api", "server").spanId);
      expect(traceparent).toBe(`00-${traceId}-${producer.spanId}-01`);
      const linked = batches.filter(({ links }) => links.some(({ spanId }) => spanId === producer.spanId));
      expect(linked).toHaveLength(1);
    }
    const large = batches.filter(({ links }) => links.length > 1);
    expect(large.length).toBeGreaterThan(0);
    for (const { links, parentSpanId, attributes } of large) {
      expect(parentSpanId).toBe("");
      expect(Number(attributes["messaging.batch.message_count"])).toBeGreaterThanOrEqual(links.length);
    }
  });

  it("has neither keys nor payloads nor values of queries, and the exporter's own headers", () => {
    const text = JSON.stringify(spans);
    expect(spans.filter(({ name }) => name === "GET /v1/events").length).toBeGreaterThan(0);
    for (const secret of [MARK, stack.apiKey, stack.apiKey.slice(-20), "2001-01-01"])
      expect(text).not.toContain(secret);
    // The sender exports its own spans, maybe later, and has no token.
    const ours = collector.requests.filter(({ service }) => service?.startsWith("weir-"));
    expect(ours.length).toBeGreaterThan(0);
    for (const { headers } of ours) expect(headers["x-token"]).toBe("of-the-collector");
  });
});
