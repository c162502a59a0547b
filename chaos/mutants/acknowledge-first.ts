import type { Queue } from "../../lib/queue/port.ts";

/** Acknowledges messages before they are processed: failed messages are lost. */
export function acknowledgeFirst(queue: Queue): Queue {
  const receive = queue.receive.bind(queue);
  queue.receive = async (options) => {
    const messages = await receive(options);
    await queue.ack(messages.map(({ id }) => id));
    return messages;
  };
  return queue;
}
