import type { Queue } from "../../lib/queue/port.ts";

/** Acknowledges messages before anybody has processed them: what then fails is lost. */
export function acknowledgeFirst(queue: Queue): Queue {
  const receive = queue.receive.bind(queue);
  queue.receive = async (options) => {
    const messages = await receive(options);
    await queue.ack(messages.map(({ id }) => id));
    return messages;
  };
  return queue;
}
