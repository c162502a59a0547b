/** What every queue must do with messages that it delivers more than once. */
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import type { Message, Outgoing } from "../../lib/queue/port.ts";
import {
  BRIEF,
  bodies,
  expectNothing,
  ids,
  LASTING,
  type MakeQueue,
  message,
  numbered,
  poll,
  queueWith,
  setAside,
  take,
  takeOne,
} from "../support/queue/queue-steps.ts";

export function deliversAgain(makeQueue: MakeQueue, forgetsDeliveries: boolean): void {
  it("is redelivered after the visibility timeout, with a delivery count of 2", async () => {
    const queue = await queueWith(makeQueue, [message("again")], BRIEF);
    const before = Date.now();
    await takeOne(queue);
    const early = await queue.receive({ maxMessages: 10, waitMs: 0 });
    // On a machine under load the timeout may have passed by now.
    if (Date.now() - before < BRIEF.visibilitySeconds * 1_000) expect(early).toEqual([]);
    const second = early[0] ?? (await takeOne(queue));
    expect(second).toMatchObject({ body: "again", deliveries: 2 });
    await queue.ack([second.id]);
    await poll(async () => (await queue.depth()).messages).toBe(0);
  });

  it("is redelivered at once after fail(), and each delivery counts", async () => {
    const queue = await queueWith(makeQueue, [message("failing")]);
    for (const deliveries of [1, 2, 3]) {
      const got = await takeOne(queue);
      expect(got).toMatchObject({ body: "failing", deliveries });
      await queue.fail([got.id]);
    }
  });

  it("is not redelivered while its receiver extends its timeout, and extensions do not count as deliveries", async () => {
    const queue = await queueWith(makeQueue, numbered(15), { ...BRIEF, visibilitySeconds: 2 });
    const [dropped, ...kept] = ids(await take(queue, 15));
    const again: Message[] = [];
    // Until the message that nobody extends is redelivered, and for longer than one timeout.
    for (let extensions = 0; again.length === 0 || extensions < 12; extensions++) {
      await queue.extend(kept);
      const more = await queue.receive({ maxMessages: 100, waitMs: 0 });
      again.push(...more);
      await queue.ack(ids(more));
      await sleep(queue.visibilityMs / 6);
    }
    expect(ids(again)).toEqual([dropped]);
    await queue.fail(kept);
    expect((await take(queue, 14)).map(({ deliveries }) => deliveries)).toEqual(Array(14).fill(2));
  });

  it.runIf(forgetsDeliveries)(
    "is redelivered at once after release(), which never counts as a delivery",
    async () => {
      const queue = await queueWith(makeQueue, [message("released")], { ...LASTING, maxDeliveries: 2 });
      for (let round = 0; round < 6; round++) {
        const got = await takeOne(queue);
        expect(got).toMatchObject({ body: "released", deliveries: 1 });
        await queue.release([got.id]);
      }
      expect((await queue.depth()).deadLetters).toBe(0);
    },
  );

  it("is redelivered at once though receivers still hold many earlier messages", async () => {
    const queue = await queueWith(makeQueue, numbered(60));
    const last = (await take(queue, 60)).at(-1) as Message;
    await queue.fail([last.id]);
    expect(await takeOne(queue)).toMatchObject({ body: last.body, deliveries: 2 });
  });

  it("does not bring back the acknowledged messages of its batch", async () => {
    const queue = await queueWith(makeQueue, numbered(10));
    const [failed, ...done] = (await take(queue, 10)) as [Message, ...Message[]];
    await queue.ack(ids(done));
    await queue.fail([failed.id]);
    const again = await takeOne(queue);
    expect(again.body).toBe(failed.body);
    await queue.ack([again.id]);
    await expectNothing(queue);
  });

  it("becomes a dead letter after maxDeliveries deliveries, and its neighbours do not", async () => {
    const queue = await queueWith(makeQueue, [message("poison", 7), message("fine", 2)], {
      ...LASTING,
      maxDeliveries: 3,
    });
    for (let delivery = 1; delivery <= 3; delivery++) {
      const messages = await take(queue, delivery === 1 ? 2 : 1);
      const [poison] = messages.filter(({ body }) => body === "poison");
      expect(poison?.deliveries).toBe(delivery);
      await queue.ack(ids(messages.filter(({ body }) => body === "fine")));
      await queue.fail([poison?.id ?? ""]);
    }
    expect((await queue.depth()).deadLetters).toBe(0);
    await poll(async () => {
      await expectNothing(queue);
      return (await queue.depth()).deadLetters;
    }).toBe(1);
    await poll(async () => (await queue.depth()).messages).toBe(0);
    const drained = { events: 0, oldestAgeMs: 0, drainPerSecond: expect.any(Number) };
    expect(await queue.depth()).toMatchObject(drained);
  });
}

export function putsDeadLettersBack(makeQueue: MakeQueue): void {
  const ONE_DELIVERY = { ...LASTING, maxDeliveries: 1 };
  /** Has the format that ingest writes, so that a queue which keeps no count of its own can count events by lines. */
  const letter = (n: number, events: number): Outgoing => {
    const lines = Array.from({ length: events }, (_, k) => `["e-${n}-${k}","ß","€"]\t{"a":"😀 \u2028"}`);
    return message([`{"v":1,"id":"r-${n}","at":${n}}`, ...lines].join("\n"), events);
  };
  const letters = (count: number): Outgoing[] =>
    Array.from({ length: count }, (_, n) => letter(n, (n % 3) + 1));
  const bodiesOf = (messages: readonly Outgoing[]): string[] => messages.map(({ body }) => body).sort();

  it("sends dead letters again with their bodies, as new messages that count as waiting", async () => {
    const queue = await makeQueue(ONE_DELIVERY);
    const dead = [letter(0, 7), letter(1, 0), message("nobody can read this", 0)];
    await setAside(queue, dead);
    expect(await queue.depth()).toMatchObject({ messages: 0, events: 0 });
    expect(await queue.redrive(100)).toBe(3);
    await poll(() => queue.depth()).toMatchObject({ messages: 3, events: 7, deadLetters: 0 });
    const back = await take(queue, 3);
    expect(bodies(back)).toEqual(bodiesOf(dead));
    expect(back.map(({ deliveries }) => deliveries)).toEqual([1, 1, 1]);
    await queue.ack(ids(back));
    await poll(() => queue.depth()).toMatchObject({ messages: 0, events: 0, oldestAgeMs: 0, deadLetters: 0 });
  });

  it("returns 0 if there are no dead letters, in an empty queue and while messages wait", async () => {
    const queue = await makeQueue(ONE_DELIVERY);
    expect(await queue.redrive(100)).toBe(0);
    await queue.send(numbered(2));
    expect(await queue.redrive(100)).toBe(0);
    await poll(() => queue.depth()).toMatchObject({ messages: 2, events: 2, deadLetters: 0 });
    expect(bodies(await take(queue, 2))).toEqual(["m-0", "m-1"]);
  });

  it("moves at most as many dead letters as the limit", async () => {
    const queue = await makeQueue(ONE_DELIVERY);
    const dead = letters(23);
    await setAside(queue, dead);
    expect(await queue.redrive(12)).toBe(12);
    await poll(() => queue.depth()).toMatchObject({ messages: 12, deadLetters: 11 });
    expect(await queue.redrive(11)).toBe(11);
    const events = dead.reduce((sum, one) => sum + one.events, 0);
    await poll(() => queue.depth()).toMatchObject({ messages: 23, events, deadLetters: 0 });
    expect(bodies(await take(queue, 23))).toEqual(bodiesOf(dead));
  });

  it("neither loses nor leaves dead letters when several redrives run at once", async () => {
    const queue = await makeQueue(ONE_DELIVERY);
    const dead = letters(60);
    await setAside(queue, dead);
    const moved = await Promise.all(Array.from({ length: 4 }, () => queue.redrive(100)));
    expect(moved.reduce((sum, count) => sum + count, 0)).toBeGreaterThanOrEqual(60);
    await poll(async () => (await queue.depth()).deadLetters).toBe(0);
    const back: Message[] = [];
    await poll(async () => {
      const messages = await queue.receive({ maxMessages: 100, waitMs: 0 });
      await queue.ack(ids(messages));
      back.push(...messages);
      return (await queue.depth()).messages;
    }).toBe(0);
    expect([...new Set(bodies(back))]).toEqual(bodiesOf(dead));
    expect(await queue.depth()).toMatchObject({ events: 0, oldestAgeMs: 0 });
  });

  it("moves the same dead letter again and again", async () => {
    const queue = await makeQueue(ONE_DELIVERY);
    const dead = letter(0, 3);
    await setAside(queue, [dead]);
    for (let round = 0; round < 2; round++) {
      expect(await queue.redrive(1)).toBe(1);
      const back = await takeOne(queue);
      expect(back).toMatchObject({ body: dead.body, deliveries: 1 });
      await queue.fail([back.id]);
      await poll(async () => {
        await expectNothing(queue);
        return queue.depth();
      }).toMatchObject({ messages: 0, events: 0, deadLetters: 1 });
    }
  });
}
