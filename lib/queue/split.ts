import type { Message } from "./port.ts";

/**
 * Splits a batch into parts of at most `maxBytes`; a larger message gets its own part.
 * @param size size of a message in bytes
 */
export function splitByBytes<M extends Message>(
  messages: readonly M[],
  maxBytes: number,
  size: (message: M) => number,
): M[][] {
  const parts: M[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const more = size(message);
    if (parts.length === 0 || bytes + more > maxBytes) {
      parts.push([]);
      bytes = 0;
    }
    parts.at(-1)?.push(message);
    bytes += more;
  }
  return parts;
}
