import type { Message } from "./port.ts";

/**
 * Cuts a batch into parts that are no larger than `maxBytes`; a larger message gets a part of its own.
 * @param size what a message takes up, in bytes
 */
export function splitByBytes(
  messages: readonly Message[],
  maxBytes: number,
  size: (message: Message) => number,
): Message[][] {
  const parts: Message[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const more = size(message);
    if (bytes + more > maxBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(message);
    bytes += more;
  }
  return parts;
}
