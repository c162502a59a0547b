import type { Message, ReceiveOptions } from "./port.ts";

/** Messages of a first read, when nothing is known of their size yet. */
const FIRST = 32;

export const bytesOf = (messages: readonly Message[]): number =>
  messages.reduce((sum, { body }) => sum + Buffer.byteLength(body), 0);

/**
 * Reads again until it has enough. Each read asks for as many messages as all before have brought, so that large messages
 * exceed the limit in bytes by no more than about the limit itself.
 * @param read brings `count` messages at the most, and fewer where there are no more
 * @throws what the first read failed with; what later ones fail with is the next caller's to find
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
