import type { Message, ReceiveOptions } from "./port.ts";

/** Messages of the first read, before their size is known. */
const FIRST = 32;

export const bytesOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);

/** Each read requests at most so many times as many messages as all previous reads returned. */
const GROWTH = 3;

/**
 * Reads until it has enough. Each read requests as many messages as fit if they are as large as those that were read, but
 * not many more than those, so that a few small messages are not followed by too many large ones.
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
  let bytes = bytesOf(messages);
  while (full && messages.length < maxMessages && bytes < maxBytes) {
    const fitting = Math.ceil((maxBytes - bytes) / (bytes / messages.length));
    count = Math.min(fitting, GROWTH * messages.length, maxMessages - messages.length);
    const more = await read(count).catch(() => []);
    messages.push(...more);
    full = more.length === count;
    bytes += bytesOf(more);
  }
  return messages;
}
