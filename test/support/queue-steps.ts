/** What the suite of every queue is made of. */
import { expect } from "vitest";
import type { Message, Outgoing, Queue } from "../../lib/queue/port.ts";

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
export const LASTING: QueueOptions = { visibilitySeconds: 60, maxDeliveries: 5 };
/** As short as every queue can. */
export const BRIEF: QueueOptions = { visibilitySeconds: 1, maxDeliveries: 5 };
/** Slow is not broken: only what hangs shall fail. */
export const DEADLINE_MS = 20_000;

export const message = (body: string, events = 1): Outgoing => ({ body, events });
export const numbered = (count: number): Outgoing[] =>
  Array.from({ length: count }, (_, n) => message(`m-${n}`));
export const bodies = (messages: readonly Message[]): string[] => messages.map(({ body }) => body).sort();
export const ids = (messages: readonly Message[]): string[] => messages.map(({ id }) => id);

/** Receives until `count` messages are there; a queue may give fewer at a time than it holds. */
export async function take(queue: Queue, count: number, maxMessages = 100): Promise<Message[]> {
  const taken: Message[] = [];
  for (const deadline = Date.now() + DEADLINE_MS; taken.length < count && Date.now() < deadline; ) {
    const wanted = Math.min(maxMessages, count - taken.length);
    taken.push(...(await queue.receive({ maxMessages: wanted, waitMs: 200 })));
  }
  expect(taken).toHaveLength(count);
  return taken;
}

/**
 * Receives until each of so many bodies has come and nothing else does. A queue whose answer is late, as on a machine
 * under load, is sent a message again, so there may be more messages than bodies.
 */
export async function takeAll(queue: Queue, count: number, maxMessages = 100): Promise<Message[]> {
  const taken: Message[] = [];
  await poll(async () => {
    for (;;) {
      const messages = await queue.receive({ maxMessages, waitMs: 0 });
      if (messages.length === 0) return new Set(bodies(taken)).size;
      taken.push(...messages);
    }
  }).toBe(count);
  return taken;
}

export const takeOne = async (queue: Queue): Promise<Message> => {
  const [one] = await take(queue, 1);
  if (one === undefined) throw new Error("The queue gave no message.");
  return one;
};

export const expectNothing = async (queue: Queue): Promise<void> =>
  expect(await queue.receive({ maxMessages: 10, waitMs: 0 })).toEqual([]);

export const poll = <T>(read: () => Promise<T>) => expect.poll(read, { timeout: DEADLINE_MS, interval: 50 });

/** Has messages set aside; the queue must allow one delivery only. */
export async function setAside(queue: Queue, messages: readonly Outgoing[]): Promise<void> {
  const before = (await queue.depth()).deadLetters;
  await queue.send(messages);
  await queue.fail(ids(await take(queue, messages.length)));
  await poll(async () => {
    await expectNothing(queue);
    return (await queue.depth()).deadLetters;
  }).toBe(before + messages.length);
}
