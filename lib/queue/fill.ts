import type { Message, ReceiveOptions } from "./port.ts";

/** Messages of the first read, before their size is known. */
const FIRST = 32;

export const bytesOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);

/**
 * Reads until it has enough. Each read requests as many messages as all previous reads returned, so that large messages
 * exceed the limit in bytes by at most about the limit itself.
 * @param read returns at most `count` messages, and fewer if there are no more
 * @throws the error of the first read; a later error is left for the next call to meet
 */
export async function fill(
  { maxMessages, maxBytes = Number.POSITIVE_INFINITY }: Omit<ReceiveOptions, "waitMs">,
  read: (count: number) => Promise<Message[]>,
): Promise<Message[]> {
  let count = Number.isFinite(maxBytes) ? Math.min(FIRST, maxMessages) : maxMessages;
  const messages = await read(count);
  let full = messages.length === count;
  while (full && messages.length < maxMessages && bytesOf(messages) < maxBytes) {
    count = Math.min(messages.length, maxMessages - messages.length);
    const more = await read(count).catch(() => []);
    messages.push(...more);
    full = more.length === count;
  }
  return messages;
}
