/** Published senders in Python, through 429, a queue that is away, lost responses and a killed server: see test/e2e/senders.test.ts. */
import { describe, expect, it } from "vitest";
import { pythonTool } from "../support/python-tool.ts";
import { QUEUES } from "../support/queue/queues.ts";
import { pythonSender } from "../support/senders/python.ts";
import type { Sender } from "../support/senders/run.ts";
import { expectAllKept, expectKeptOnce, sendTogether, tooLong } from "../support/senders/together.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;

async function sender(name: string, version: string, program: string): Promise<Sender> {
  const { python } = await pythonTool(PROJECT, name, version);
  return pythonSender(python, new URL(program, import.meta.url).pathname);
}
const SENDERS = {
  cloudevents: await sender("cloudevents", "2.2.0", "./cloudevents_through_faults.py"),
  segment: await sender("segment-analytics-python", "2.4.0", "./segment_through_faults.py"),
  otlp: await sender("opentelemetry-exporter-otlp-proto-http", "1.45.2", "./otlp_through_faults.py"),
};

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  const endingOf = sendTogether(queue, SENDERS);

  it("each event of cloudevents, whose user repeats, is stored once", async () => {
    expectAllKept(await endingOf("cloudevents"));
  });

  it("each call of segment-analytics-python is stored or in quarantine once", async () => {
    const ending = await endingOf("segment");
    expectAllKept(ending, tooLong(ending.run));
  });

  it("what opentelemetry-exporter-otlp-proto-http reports as sent is stored once", async () => {
    const ending = await endingOf("otlp");
    expectKeptOnce(ending);
    expect(ending.kept.quarantined).toEqual([]);
    expect(ending.kept.stored.filter((id) => !ending.run.sent.includes(id))).toEqual([]);
  });
});
