/** What every queue must do; each adapter runs this suite. */
import { describe, expect, it } from "vitest";
import type { Message } from "../../lib/queue/port.ts";
import {
  BRIEF,
  bodies,
  DEADLINE_MS,
  expectNothing,
  ids,
  LASTING,
  type MakeQueue,
  message,
  numbered,
  poll,
  queueWith,
  type Traits,
  take,
  takeAll,
  takeOne,
} from "../support/queue/queue-steps.ts";
import { deliversAgain, putsDeadLettersBack } from "./queue-redelivery.ts";

export function queueContract(name: string, makeQueue: MakeQueue, traits: Traits = {}): void {
  describe(name, () => {
    describe("the queue", () => deliversMessages(makeQueue));
    describe("a message body", () => keepsBodies(makeQueue, traits.maxBodyBytes ?? 1_048_576));
    describe("an unacknowledged message", () => deliversAgain(makeQueue, traits.forgetsDeliveries ?? true));
    describe("redrive", () => putsDeadLettersBack(makeQueue));
    describe("depth", () => tellsDepth(makeQueue));
  });
}

function deliversMessages(makeQueue: MakeQueue): void {
  it("delivers a message once, with its body, delivery count and time of sending, and removes it when acknowledged", async () => {
    // Long enough to acknowledge in time on a machine under load.
    const visibilitySeconds = 3;
    const queue = await queueWith(makeQueue, [message("hello")], { ...BRIEF, visibilitySeconds });
    const got = await takeOne(queue);
    expect(got).toMatchObject({ body: "hello", deliveries: 1 });
    expect(got.sentAt).toBeGreaterThan(0);
    await queue.ack([got.id]);
    expect(await queue.receive({ maxMessages: 10, waitMs: visibilitySeconds * 1_000 + 500 })).toEqual([]);
  });

  it("returns at most maxMessages messages", async () => {
    const queue = await queueWith(makeQueue, numbered(25));
    const batches: Message[][] = [];
    for (const deadline = Date.now() + DEADLINE_MS; batches.flat().length < 25 && Date.now() < deadline; )
      batches.push(await queue.receive({ maxMessages: 7, waitMs: 200 }));
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(7);
    const sent = numbered(25).map(({ body }) => body);
    expect(bodies(batches.flat())).toEqual(sent.sort());
  });

  it("returns at most twice the messages that fit into maxBytes", async () => {
    const queue = await makeQueue(LASTING);
    const body = "x".repeat(10_000);
    await queue.send(numbered(200).map((one) => message(body + one.body)));
    const taken: Message[] = [];
    for (const deadline = Date.now() + DEADLINE_MS; taken.length < 200 && Date.now() < deadline; ) {
      const messages = await queue.receive({ maxMessages: 200, maxBytes: 300_000, waitMs: 200 });
      expect(messages.length).toBeLessThanOrEqual(64);
      taken.push(...messages);
    }
    expect(new Set(bodies(taken)).size).toBe(200);
    // One message is returned however large it is.
    await queue.release(ids(taken.slice(0, 1)));
    await poll(() => queue.receive({ maxMessages: 1, maxBytes: 1, waitMs: 200 })).toHaveLength(1);
  });

  it("sends, receives and acknowledges many messages together", async () => {
    const queue = await queueWith(makeQueue, numbered(250));
    const messages = await takeAll(queue, 250, 1_000);
    expect(new Set(ids(messages)).size).toBe(messages.length);
    await queue.ack(ids(messages));
    await poll(async () => (await queue.depth()).messages).toBe(0);
  });

  it("never gives a message to two receivers at once", async () => {
    const queue = await queueWith(makeQueue, numbered(200));
    const receive = async (): Promise<Message[]> => {
      const messages = await queue.receive({ maxMessages: 9, waitMs: 0 });
      return messages.length === 0 ? [] : [...messages, ...(await receive())];
    };
    const receivers = Array.from({ length: 8 }, receive);
    const seen = (await Promise.all(receivers)).flat();
    await poll(async () => {
      seen.push(...(await queue.receive({ maxMessages: 100, waitMs: 0 })));
      return new Set(bodies(seen)).size;
    }).toBe(200);
    expect(new Set(ids(seen)).size).toBe(seen.length);
    await expectNothing(queue);
  });

  it("wakes a waiting receiver when a message is sent", async () => {
    const queue = await queueWith(makeQueue, [message("first")]);
    await queue.ack(ids(await take(queue, 1)));
    const order: string[] = [];
    const waiting = queue.receive({ maxMessages: 1, waitMs: 20_000 }).then((messages) => {
      order.push(`received ${messages[0]?.body}`);
    });
    // The waiting receiver must not block sending or anything else.
    await queue.depth();
    order.push("sending");
    await queue.send([message("news")]);
    await waiting;
    expect(order).toEqual(["sending", "received news"]);
    // The test's timeout is shorter than the receiver's wait.
  }, 18_000);

  it("takes a second acknowledgement, and ignores unknown ids and empty lists", async () => {
    const queue = await queueWith(makeQueue, numbered(2));
    const [first = "", second = ""] = ids(await take(queue, 2));
    await queue.ack([first]);
    await queue.ack([first, second]);
    await queue.ack([first]);
    await Promise.all([queue.ack([]), queue.fail([]), queue.release([]), queue.send([])]);
    await queue.fail([first]);
    await queue.release([second]);
    await expectNothing(queue);
    await poll(async () => (await queue.depth()).messages).toBe(0);
    expect((await queue.depth()).events).toBe(0);
  });
}

function keepsBodies(makeQueue: MakeQueue, maxBodyBytes: number): void {
  it("keeps its characters, whatever their byte length and offset", async () => {
    const queue = await makeQueue(LASTING);
    const texts = ["a", "ß", "€", "😀", "\t", "\n", '"', "\\", "\u2028", "\ufffd", "\u007f"].flatMap(
      (character) => [0, 1, 2, 3].map((shift) => "x".repeat(shift) + character.repeat(5)),
    );
    texts.push("line one\nline two\t{}", " leading and trailing ", "<&>]]>%20+", "e\u0301 ");
    await queue.send(texts.map((text) => message(text)));
    expect(bodies(await take(queue, texts.length))).toEqual(texts.toSorted());
  });

  it("may be as large as the queue allows", async () => {
    const queue = await makeQueue(LASTING);
    const unit = "0123456789 ß€😀\n";
    const text = unit.repeat(Math.floor(maxBodyBytes / Buffer.byteLength(unit)));
    const large = text + "x".repeat(maxBodyBytes - Buffer.byteLength(text));
    await queue.send([message(large, 1_000)]);
    // Not toBe: a failure would print a mebibyte of differences.
    expect((await takeOne(queue)).body === large).toBe(true);
  });
}

function tellsDepth(makeQueue: MakeQueue): void {
  it("is all zeros for an empty queue", async () => {
    const queue = await makeQueue(LASTING);
    const empty = { messages: 0, events: 0, oldestAgeMs: 0, drainPerSecond: 0, deadLetters: 0 };
    expect(await queue.depth()).toMatchObject(empty);
    await expectNothing(queue);
    expect(await queue.depth()).toMatchObject(empty);
  });

  it("counts messages and their events, received or not, until they are acknowledged", async () => {
    const queue = await queueWith(makeQueue, [message("a", 3), message("b", 0), message("c", 40)]);
    await poll(() => queue.depth()).toMatchObject({ messages: 3, events: 43 });
    const messages = await take(queue, 3);
    await poll(() => queue.depth()).toMatchObject({ messages: 3, events: 43, drainPerSecond: 0 });
    await queue.ack(ids(messages.filter(({ body }) => body !== "a")));
    await poll(() => queue.depth()).toMatchObject({ messages: 1, events: 3 });
    await queue.ack(ids(messages));
    await poll(() => queue.depth()).toMatchObject({ messages: 0, events: 0, oldestAgeMs: 0 });
  });

  it("reports the age of the oldest unacknowledged message", async () => {
    const queue = await queueWith(makeQueue, [message("old")]);
    const old = await takeOne(queue);
    const ageMs = async (): Promise<number> => (await queue.depth()).oldestAgeMs;
    await poll(ageMs).toBeGreaterThan(200);
    await queue.send([message("young")]);
    await queue.ack([old.id]);
    // The young message is the oldest now; its age depends on the speed of the machine.
    await poll(async () => Date.now() - old.sentAt - (await ageMs())).toBeGreaterThan(150);
  });

  it("reports the rate at which events are acknowledged, and 0 for messages without events", async () => {
    const queue = await makeQueue(LASTING);
    const drain = async (events: number): Promise<number> => {
      await queue.send([message("m", events)]);
      await queue.ack(ids(await take(queue, 1)));
      return (await queue.depth()).drainPerSecond;
    };
    expect(await drain(0)).toBe(0);
    const some = await drain(10);
    expect(some).toBeGreaterThan(0);
    expect(await drain(1_000)).toBeGreaterThan(some);
  });
}
