/**
 * Published senders, through 429, a queue that is away, lost responses and a killed server, with both queues. What each of
 * them believes delivered is stored or in quarantine once. Those in Python: test/outside/senders.test.ts; in a page:
 * test/browser/segment-through-faults.test.ts.
 */
import { describe, expect, it } from "vitest";
import { QUEUES } from "../support/queue/queues.ts";
import { cloudEventsOnce, cloudEventsRepeating } from "../support/senders/cloudevents.ts";
import { otlpJson, otlpProtobuf } from "../support/senders/otlp.ts";
import { analyticsNode, rudderNode, segmentSender } from "../support/senders/segment.ts";
import { expectAllKept, expectKeptOnce, sendTogether, tooLong } from "../support/senders/together.ts";

const EVENTS = {
  "cloudevents, whose user repeats": cloudEventsRepeating,
  "@opentelemetry/exporter-logs-otlp-http": otlpJson,
  "@opentelemetry/exporter-logs-otlp-proto": otlpProtobuf,
};
const CALLS = {
  "@segment/analytics-node": segmentSender(analyticsNode),
  "@rudderstack/rudder-sdk-node": segmentSender(rudderNode),
};
const ONCE = "cloudevents, which never repeats";

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  const endingOf = sendTogether(queue, { ...EVENTS, ...CALLS, [ONCE]: cloudEventsOnce });

  it.each(Object.keys(EVENTS))("each event of %s is stored once", async (name) => {
    expectAllKept(await endingOf(name));
  });

  it.each(Object.keys(CALLS))("each call of %s is stored or in quarantine once", async (name) => {
    const ending = await endingOf(name);
    expectAllKept(ending, tooLong(ending.run));
  });

  it(`the user of ${ONCE} sees each error, and what was accepted is stored once`, async () => {
    const ending = await endingOf(ONCE);
    expectKeptOnce(ending);
    const { sent, delivered, limited = [], errors = [] } = ending.run;
    expect(limited).not.toEqual([]);
    expect(ending.kept.stored.filter((id) => limited.includes(id))).toEqual([]);
    expect(errors).toHaveLength(sent.length - delivered.length);
    expect([...new Set(errors)]).toEqual(
      expect.arrayContaining(["rate-limited", "queue-unavailable", expect.stringMatching(/^ECONN/)]),
    );
  });
});
