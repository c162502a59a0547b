/** Published senders of Segment's HTTP API send to the complete system. Through failures: test/e2e/senders.test.ts. */
import { beforeAll, describe, expect, it } from "vitest";
import { QUEUES } from "../support/queue/queues.ts";
import { type FaultySystem, faultySystem } from "../support/senders/faulty-system.ts";
import {
  analyticsNode,
  rudderNode,
  type SentCall,
  type SentRequest,
  TOO_LONG,
} from "../support/senders/segment.ts";

const TYPES = ["track", "identify", "page", "screen", "group", "alias"] as const;
const SENDERS = { "@segment/analytics-node": analyticsNode, "@rudderstack/rudder-sdk-node": rudderNode };

const repeat = (url: string, { headers, body }: SentRequest): Promise<Response> =>
  fetch(new URL("/v1/batch", url), { method: "POST", headers, body });

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  let system: FaultySystem;
  beforeAll(async () => {
    system = await faultySystem(queue);
  });
  it.each(Object.entries(SENDERS))(
    "each request of %s that is sent ten times is stored once, and a call that is too long is in quarantine once",
    async (_, makeSender) => {
      const { url, secret, client } = await system.target({ rate_limit_per_second: 1_000, burst: 1_000 });
      const sender = makeSender(url, secret);
      const calls: SentCall[] = TYPES.map((type) => ({ messageId: `m-${type}`, type }));
      for (const call of [...calls, { messageId: "m-long", type: "track", event: TOO_LONG } as const])
        sender.send(call);
      await sender.close();
      expect(sender.delivered.size).toBe(TYPES.length + 1);
      for (let n = 1; n < 10; n++) {
        if (n === 5) await system.keptOf(client);
        for (const request of sender.requests) {
          const response = await repeat(url, request);
          expect([response.status, await response.json()]).toEqual([200, { success: true }]);
        }
      }
      expect(await system.keptOf(client)).toEqual({
        stored: calls.map(({ messageId }) => messageId).toSorted(),
        quarantined: ["m-long"],
      });
    },
  );
});
