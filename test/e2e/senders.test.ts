/**
 * Published senders, through 429, a queue that is away, lost responses and a killed server, with both queues. What each of
 * them believes delivered is stored or in quarantine once. Those in Python: test/outside/senders.test.ts; in a page:
 * test/browser/segment.test.ts.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { QUEUES } from "../support/queue/queues.ts";
import { cloudEventsOnce, cloudEventsRepeating } from "../support/senders/cloudevents.ts";
import {
  expectKeptOnce,
  type FaultySystem,
  faultySystem,
  type Target,
} from "../support/senders/faulty-system.ts";
import { otlpJson, otlpProtobuf } from "../support/senders/otlp.ts";
import type { Run, Sender } from "../support/senders/run.ts";
import { analyticsNode, rudderNode, segmentSender } from "../support/senders/segment.ts";

const REPEATING: Record<string, Sender> = {
  "cloudevents, whose user repeats": cloudEventsRepeating,
  "@segment/analytics-node": segmentSender(analyticsNode),
  "@rudderstack/rudder-sdk-node": segmentSender(rudderNode),
  "@opentelemetry/exporter-logs-otlp-http": otlpJson,
  "@opentelemetry/exporter-logs-otlp-proto": otlpProtobuf,
};
const ONCE = "cloudevents, which never repeats";
const SENDERS = { ...REPEATING, [ONCE]: cloudEventsOnce };

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  let system: FaultySystem;
  let targets: ReadonlyMap<string, Target>;
  let runs: ReadonlyMap<string, Run>;

  // All at the same time: a fault takes seconds.
  beforeAll(async () => {
    system = await faultySystem(queue);
    const all = Object.entries(SENDERS);
    targets = new Map(await Promise.all(all.map(async ([name]) => [name, await system.target()] as const)));
    let going = true;
    const running = Promise.all(
      all.map(async ([name, send]) => [name, await send(targetOf(name), () => going)] as const),
    );
    await Promise.race([system.breakAll([...targets.values()]), running]).finally(() => {
      going = false;
    });
    runs = new Map(await running);
  });
  const targetOf = (name: string): Target => targets.get(name) as Target;
  const runOf = (name: string): Run => runs.get(name) as Run;
  const keptOf = (name: string) =>
    system.keptOf(targetOf(name).client, ({ event_id, payload }) => JSON.parse(payload).body ?? event_id);

  it.each(Object.keys(REPEATING))(
    "what %s believes delivered is kept once, and that is all",
    async (name) => {
      const { sent, delivered } = runOf(name);
      const kept = await keptOf(name);
      expectKeptOnce(kept, delivered);
      expect(delivered.toSorted()).toEqual(sent.toSorted());
      expect(kept.stored.length + kept.quarantined.length).toBe(sent.length);
      // Of Segment's calls, each 30th is too long.
      const tooLong =
        name.startsWith("@segment") || name.startsWith("@rudder") ? sent.filter((_, n) => n % 30 === 0) : [];
      expect(kept.quarantined).toEqual(tooLong);
    },
  );

  it(`the user of ${ONCE} sees each error, and what was accepted is kept once`, async () => {
    const { sent, delivered, limited = [], errors = [] } = runOf(ONCE);
    const kept = await keptOf(ONCE);
    expectKeptOnce(kept, delivered);
    expect(limited).not.toEqual([]);
    expect(kept.stored.filter((id) => limited.includes(id))).toEqual([]);
    expect(errors).toHaveLength(sent.length - delivered.length);
    expect([...new Set(errors)]).toEqual(
      expect.arrayContaining(["rate-limited", "queue-unavailable", expect.stringMatching(/^ECONN/)]),
    );
    // Only an event whose response was lost, or that the queue may have taken, can be kept without the user's knowledge.
    const silent = kept.stored.filter((id) => !delivered.includes(id));
    expect(silent.length).toBeLessThanOrEqual(errors.filter((code) => code !== "rate-limited").length);
  });
});
