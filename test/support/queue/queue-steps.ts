/** The steps of the suite that every queue runs. */
import { expect } from "vitest";
import type { Message, Outgoing, Queue } from "../../../lib/queue/port.ts";

export interface QueueOptions {
  /** An integer number of seconds. */
  visibilitySeconds: number;
  maxDeliveries: number;
}

/** Returns a new empty queue; its creator closes it after the tests. */
export type MakeQueue = (options: QueueOptions) => Promise<Queue>;

export interface Traits {
  /** Size of the largest body that the queue must deliver, in bytes. */
  maxBodyBytes?: number;
  /** Whether `release` undoes the count of a delivery, which SQS can't. */
  forgetsDeliveries?: boolean;
}

/** Long enough that nothing becomes visible again during a test. */
export const LASTING: QueueOptions = { visibilitySeconds: 60, maxDeliveries: 5 };
/** The shortest timeout that every queue supports. */
export const BRIEF: QueueOptions = { visibilitySeconds: 1, maxDeliveries: 5 };
/** Long, since only a hang should fail a test. */
export const DEADLINE_MS = 20_000;

export const message = (body: string, events = 1): Outgoing => ({ body, events });
export const numbered = (count: number): Outgoing[] =>
  Array.from({ length: count }, (_, n) => message(`m-${n}`));
export const bodies = (messages: readonly Message[]): string[] => messages.map(({ body }) => body).sort();
export const ids = (messages: readonly Message[]): string[] => messages.map(({ id }) => id);

/** Receives until there are `count` messages; a queue may return fewer at a time than it holds. */
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
 * Receives until it has that many different bodies and nothing more arrives. If a queue answers late, as on a machine
 * under load, a message is sent again, so there may be more messages than bodies.
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

/** Makes dead letters of messages; the queue must allow only one delivery. */
export async function setAside(queue: Queue, messages: readonly Outgoing[]): Promise<void> {
  const before = (await queue.depth()).deadLetters;
  await queue.send(messages);
  await queue.fail(ids(await take(queue, messages.length)));
  await poll(async () => {
    await expectNothing(queue);
    return (await queue.depth()).deadLetters;
  }).toBe(before + messages.length);
}

/** Makes a queue that holds messages. */
export async function queueWith<Q extends Queue>(
  makeQueue: (options: QueueOptions) => Promise<Q>,
  messages: readonly Outgoing[],
  options: QueueOptions = LASTING,
): Promise<Q> {
  const queue = await makeQueue(options);
  await queue.send(messages);
  return queue;
}
