/** Events of dead letters are pending, and count once, whether or not they were stored before. */
import { beforeAll, describe, expect, it } from "vitest";
import type { Deps } from "../../../lib/app/connect.ts";
import type { Message } from "../../../lib/queue/port.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import { expectStoredOnce, freshDeps, readPipeline, readReceipt, someEvents } from "../../support/faults.ts";
import { addClient, counts, drainAll, expectTidy, send, stored } from "../../support/pipeline.ts";
import { expectNothing, poll } from "../../support/queue/queue-steps.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

describe.each(QUEUES)("dead letters with QUEUE=%s", (name) => {
  let deps: Deps;
  beforeAll(async () => {
    deps = freshDeps(await queueConfig(name, { queueMaxDeliveries: 1 }));
  });

  /** Makes dead letters of all waiting messages, after `work` has processed them. */
  async function setAllAside(work: (messages: Message[]) => Promise<unknown>): Promise<number> {
    const messages = await deps.queue.receive({ maxMessages: 100, waitMs: 1_000 });
    await work(messages);
    await deps.queue.fail(messages.map(({ id }) => id));
    await poll(async () => {
      await expectNothing(deps.queue);
      return deps.queue.depth();
    }).toMatchObject({ messages: 0, events: 0, deadLetters: messages.length });
    return messages.length;
  }

  it("are pending until they are redriven, and then stored", async () => {
    const { clientId, secret } = await addClient(deps, "pending");
    const { body } = await send(deps, secret, someEvents(200));
    const letters = await setAllAside(async () => {});
    expect((await readPipeline(deps, secret)).body).toMatchObject({ accepted: 200, stored: 0, pending: 200 });
    expect(await deps.queue.redrive(letters)).toBe(letters);
    expect((await readPipeline(deps, secret)).body).toMatchObject({ pending: 200, queue: { events: 200 } });
    await drainAll(deps);
    await expectStoredOnce(deps, clientId, 200);
    const receipt = { accepted: 200, stored: 200, duplicates: 0, pending: 0 };
    expect((await readReceipt(deps, secret, body.receipt_id)).body).toMatchObject(receipt);
    await expectTidy(deps, clientId);
  });

  it("that were stored already count nothing when redriven, alone and beside copies", async () => {
    const { clientId, secret } = await addClient(deps, "settled");
    const { body } = await send(deps, secret, someEvents(200));
    let settled: Message[] = [];
    const letters = await setAllAside((messages) => {
      settled = messages;
      return drain(messages, deps);
    });
    const once = stored(200, { accepted: 200, duplicates: 0 });
    expect(await counts(deps, clientId)).toMatchObject(once);
    expect(await deps.queue.redrive(100)).toBe(letters);
    await deps.queue.send(settled.map(({ body }) => ({ body, events: 0 })));
    await drainAll(deps);
    expect(await counts(deps, clientId)).toMatchObject(once);
    const rows = await deps.sql`SELECT status FROM audit_log WHERE request_id = ${body.receipt_id}`;
    expect(rows).toEqual([{ status: 202 }]);
    await expectTidy(deps, clientId);
  });
});
