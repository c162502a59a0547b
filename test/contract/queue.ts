/** What every queue must do; each adapter runs this suite. */
import { describe, expect, it } from "vitest";
import type { Message, Outgoing, Queue } from "../../lib/queue/queue.ts";

export interface QueueOptions {
  /** Whole seconds. */
  visibilitySeconds: number;
  maxDeliveries: number;
}

/** Gives an empty queue of its own; whoever makes it closes it after the tests. */
export type MakeQueue = (options: QueueOptions) => Promise<Queue>;

export interface Traits {
  /** Largest body that must come through, in bytes. */
  maxBodyBytes?: number;
  /** Whether `release` takes a delivery back, as SQS can't. */
  forgetsDeliveries?: boolean;
}

/** Long enough that nothing becomes visible again during a test. */
const LASTING: QueueOptions = { visibilitySeconds: 60, maxDeliveries: 5 };
/** The shortest time that every queue can do. */
const BRIEF: QueueOptions = { visibilitySeconds: 1, maxDeliveries: 5 };
const DEADLINE_MS = 20_000;

const message = (body: string, events = 1): Outgoing => ({ body, events });
const numbered = (count: number): Outgoing[] => Array.from({ length: count }, (_, n) => message(`m-${n}`));
const bodies = (messages: readonly Message[]): string[] => messages.map(({ body }) => body).sort();
const ids = (messages: readonly Message[]): string[] => messages.map(({ id }) => id);

/** Receives until `count` messages are there; a queue may give fewer at a time than it holds. */
async function take(queue: Queue, count: number, maxMessages = 100): Promise<Message[]> {
  const taken: Message[] = [];
  for (const deadline = Date.now() + DEADLINE_MS; taken.length < count && Date.now() < deadline; ) {
    const wanted = Math.min(maxMessages, count - taken.length);
    taken.push(...(await queue.receive({ maxMessages: wanted, waitMs: 200 })));
  }
  expect(taken).toHaveLength(count);
  return taken;
}

const takeOne = async (queue: Queue): Promise<Message> => {
  const [one] = await take(queue, 1);
  if (one === undefined) throw new Error("The queue gave no message.");
  return one;
};

/** Nothing can be had now. */
const expectNothing = async (queue: Queue): Promise<void> =>
  expect(await queue.receive({ maxMessages: 10, waitMs: 0 })).toEqual([]);

const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: DEADLINE_MS, interval: 50 });

export function queueContract(name: string, makeQueue: MakeQueue, traits: Traits = {}): void {
  describe(name, () => {
    describe("a message", () => deliversMessages(makeQueue));
    describe("a body", () => keepsBodies(makeQueue, traits.maxBodyBytes ?? 1_048_576));
    describe("a message that is not acknowledged", () =>
      deliversAgain(makeQueue, traits.forgetsDeliveries ?? true));
    describe("depth", () => tellsDepth(makeQueue));
  });
}

function deliversMessages(makeQueue: MakeQueue): void {
  it("comes once, with its body, the first delivery and when it was sent, and is gone once acknowledged", async () => {
    const queue = await makeQueue(BRIEF);
    await queue.send([message("hello")]);
    const got = await takeOne(queue);
    expect(got).toMatchObject({ body: "hello", deliveries: 1 });
    expect(got.sentAt).toBeGreaterThan(0);
    await queue.ack([got.id]);
    expect(await queue.receive({ maxMessages: 10, waitMs: BRIEF.visibilitySeconds * 1_000 + 500 })).toEqual(
      [],
    );
  });

  it("is never more than one of as many as were asked for", async () => {
    const queue = await makeQueue(LASTING);
    await queue.send(numbered(25));
    const batches: Message[][] = [];
    for (const deadline = Date.now() + DEADLINE_MS; batches.flat().length < 25 && Date.now() < deadline; )
      batches.push(await queue.receive({ maxMessages: 7, waitMs: 200 }));
    for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(7);
    expect(bodies(batches.flat())).toEqual(
      numbered(25)
        .map(({ body }) => body)
        .sort(),
    );
  });

  it("is one of many that can be sent, received and acknowledged together", async () => {
    const queue = await makeQueue(LASTING);
    await queue.send(numbered(250));
    const messages = await take(queue, 250, 1_000);
    expect(new Set(ids(messages)).size).toBe(250);
    await queue.ack(ids(messages));
    await poll(async () => (await queue.depth()).messages).toBe(0);
  });

  it("is never given to two receivers while one of them has it", async () => {
    const queue = await makeQueue(LASTING);
    await queue.send(numbered(200));
    const seen: Message[] = [];
    const receiver = async (): Promise<void> => {
      for (;;) {
        const messages = await queue.receive({ maxMessages: 9, waitMs: 0 });
        if (messages.length === 0) return;
        seen.push(...messages);
      }
    };
    await Promise.all(Array.from({ length: 8 }, receiver));
    seen.push(...(await take(queue, 200 - seen.length)));
    expect(new Set(ids(seen)).size).toBe(200);
    expect(new Set(bodies(seen)).size).toBe(200);
    await expectNothing(queue);
  });

  it("wakes a receiver that waits for it", async () => {
    const queue = await makeQueue(LASTING);
    await queue.send([message("first")]);
    await queue.ack(ids(await take(queue, 1)));
    const order: string[] = [];
    const waiting = queue.receive({ maxMessages: 1, waitMs: 15_000 }).then((messages) => {
      order.push(`received ${messages[0]?.body}`);
    });
    // Sending and everything else must not stand behind the receiver that waits.
    await queue.depth();
    order.push("sending");
    await queue.send([message("news")]);
    await waiting;
    expect(order).toEqual(["sending", "received news"]);
  }, 10_000);

  it("may be acknowledged twice; an unknown one and an empty list are ignored", async () => {
    const queue = await makeQueue(LASTING);
    await queue.send(numbered(2));
    const [first, second] = await take(queue, 2);
    await queue.ack([first?.id ?? ""]);
    await queue.ack([first?.id ?? "", second?.id ?? ""]);
    await queue.ack([first?.id ?? ""]);
    await Promise.all([queue.ack([]), queue.fail([]), queue.release([]), queue.send([])]);
    await queue.fail([first?.id ?? ""]);
    await queue.release([second?.id ?? ""]);
    await expectNothing(queue);
    await poll(async () => (await queue.depth()).messages).toBe(0);
    expect((await queue.depth()).events).toBe(0);
  });
}

function keepsBodies(makeQueue: MakeQueue, maxBodyBytes: number): void {
  it("keeps its characters, whatever their number of bytes and wherever they begin", async () => {
    const queue = await makeQueue(LASTING);
    const texts = ["a", "ß", "€", "😀", "\t", "\n", '"', "\\", "\u2028", "\ufffd", "\u007f"].flatMap(
      (character) => [0, 1, 2, 3].map((shift) => "x".repeat(shift) + character.repeat(5)),
    );
    texts.push(
      "line one\nline two\t{}",
      " leading and trailing ",
      "<&>]]>%20+",
      "e\u0301 \u{10ffff}".slice(0, 3),
    );
    await queue.send(texts.map((text) => message(text)));
    expect(bodies(await take(queue, texts.length))).toEqual(texts.toSorted());
  });

  it("may be as large as a message can be", async () => {
    const queue = await makeQueue(LASTING);
    const unit = "0123456789 ß€😀\n";
    const text = unit.repeat(Math.floor(maxBodyBytes / Buffer.byteLength(unit)));
    const large = text + "x".repeat(maxBodyBytes - Buffer.byteLength(text));
    await queue.send([message(large, 1_000)]);
    // Not toBe: a difference of a mebibyte would be printed whole.
    expect((await takeOne(queue)).body === large).toBe(true);
  });
}

function deliversAgain(makeQueue: MakeQueue, forgetsDeliveries: boolean): void {
  it("comes again after the visibility time, and says that it is the second time", async () => {
    const queue = await makeQueue(BRIEF);
    await queue.send([message("again")]);
    await takeOne(queue);
    await expectNothing(queue);
    const second = await takeOne(queue);
    expect(second).toMatchObject({ body: "again", deliveries: 2 });
    await queue.ack([second.id]);
    await poll(async () => (await queue.depth()).messages).toBe(0);
  });

  it("comes at once when it was failed, and each time counts", async () => {
    const queue = await makeQueue(LASTING);
    await queue.send([message("failing")]);
    for (const deliveries of [1, 2, 3]) {
      const got = await takeOne(queue);
      expect(got).toMatchObject({ body: "failing", deliveries });
      await queue.fail([got.id]);
    }
  });

  it.runIf(forgetsDeliveries)(
    "comes at once when it was released, and that never counts, however often",
    async () => {
      const queue = await makeQueue({ ...LASTING, maxDeliveries: 2 });
      await queue.send([message("released")]);
      for (let round = 0; round < 6; round++) {
        const got = await takeOne(queue);
        expect(got).toMatchObject({ body: "released", deliveries: 1 });
        await queue.release([got.id]);
      }
      expect((await queue.depth()).deadLetters).toBe(0);
    },
  );

  it("comes at once though many before it are still with their receivers", async () => {
    const queue = await makeQueue(LASTING);
    await queue.send(numbered(60));
    const messages = await take(queue, 60);
    const last = messages.at(-1);
    await queue.fail([last?.id ?? ""]);
    expect(await takeOne(queue)).toMatchObject({ body: last?.body, deliveries: 2 });
  });

  it("leaves the others of its batch acknowledged", async () => {
    const queue = await makeQueue(LASTING);
    await queue.send(numbered(10));
    const messages = await take(queue, 10);
    const [failed, ...done] = messages;
    await queue.ack(ids(done));
    await queue.fail([failed?.id ?? ""]);
    const again = await takeOne(queue);
    expect(again.body).toBe(failed?.body);
    await queue.ack([again.id]);
    await expectNothing(queue);
  });

  it("is set aside after as many deliveries as allowed, and its neighbours are not", async () => {
    const queue = await makeQueue({ ...LASTING, maxDeliveries: 3 });
    await queue.send([message("poison", 7), message("fine", 2)]);
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
    expect(await queue.depth()).toMatchObject({
      events: 0,
      oldestAgeMs: 0,
      drainPerSecond: expect.any(Number),
    });
  });
}

function tellsDepth(makeQueue: MakeQueue): void {
  it("is all zeros for an empty queue", async () => {
    const queue = await makeQueue(LASTING);
    const empty = { messages: 0, events: 0, oldestAgeMs: 0, drainPerSecond: 0, deadLetters: 0 };
    expect(await queue.depth()).toEqual(empty);
    await expectNothing(queue);
    expect(await queue.depth()).toEqual(empty);
  });

  it("counts messages and their events until they are acknowledged, received or not", async () => {
    const queue = await makeQueue(LASTING);
    await queue.send([message("a", 3), message("b", 0), message("c", 40)]);
    await poll(() => queue.depth()).toMatchObject({ messages: 3, events: 43 });
    const messages = await take(queue, 3);
    await poll(() => queue.depth()).toMatchObject({ messages: 3, events: 43, drainPerSecond: 0 });
    await queue.ack(ids(messages.filter(({ body }) => body !== "a")));
    await poll(() => queue.depth()).toMatchObject({ messages: 1, events: 3 });
    await queue.ack(ids(messages));
    await poll(() => queue.depth()).toMatchObject({ messages: 0, events: 0, oldestAgeMs: 0 });
  });

  it("tells the age of the oldest message, which grows until it is acknowledged", async () => {
    const queue = await makeQueue(LASTING);
    await queue.send([message("old")]);
    const old = await takeOne(queue);
    const ageMs = async (): Promise<number> => (await queue.depth()).oldestAgeMs;
    await poll(ageMs).toBeGreaterThan(0);
    const before = await ageMs();
    await queue.send([message("young")]);
    await poll(ageMs).toBeGreaterThan(before + 200);
    const last = await ageMs();
    await queue.ack([old.id]);
    await poll(ageMs).toBeLessThan(last);
  });

  it("tells how fast events are acknowledged: more for more of them, nothing for messages without any", async () => {
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
