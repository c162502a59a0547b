/** Whose messages SQS is told that it gets, so that a client with many does not delay the others. */
import { expect, it } from "vitest";
import { queueAudit } from "../../../lib/audit/record/queue-row.ts";
import { headerMessage } from "../../../lib/queue/message.ts";
import { testClient } from "../../support/client.ts";
import { padded, sqsIntake } from "../../support/queue/sqs-intake.ts";

const { deps, proxy } = await sqsIntake();

it("each message of a request has its client as group", async () => {
  const [one, other] = [await testClient(deps, "one"), await testClient(deps, "other")];
  // Each event fills a message by itself.
  expect(await one.send({ events: padded(3, 15_000) })).toMatchObject({ status: 202 });
  expect(await other.send({ events: padded(1, 10) })).toMatchObject({ status: 202 });
  // A request of several messages has its audit row in another one.
  const { clientId } = one;
  expect(proxy.groups()).toEqual([clientId, clientId, clientId, "(audit)", other.clientId]);
});

it("audit rows and health checks have groups of their own, which no client can have", async () => {
  const before = proxy.groups().length;
  const header = { v: 1, id: "00000000-0000-7000-8000-000000000000", at: 0 } as const;
  const queued = { functionName: "test", withinMs: 10_000 };
  await queueAudit(deps, { ...header, audit: {} as never }, queued);
  expect(proxy.groups().slice(before)).toEqual(["(audit)"]);
  expect(headerMessage({ ...header, health: {} as never }).group).toBe("(health)");
});
