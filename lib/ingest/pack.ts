/** Packs the events of one request into as few messages as their size allows. */
import type { Header } from "../queue/message.ts";
import { encodedBytes } from "../queue/sqs/text.ts";

/** A message of a request, on its way to the queue. */
export interface Part {
  body: string;
  /** Positions of its events among those given. */
  events: number[];
}

/** A line feed and, in the header, the numbers that are not known while packing. */
const HEADER_ROOM = 80;

/**
 * @param lines the events' lines
 * @param whole header of the only message, with the audit row. Of several each has only its id, time and owner: what the
 *   answer will be is known when the queue has taken all of them.
 * @param maxBytes of a message as the queue counts them. An event that alone is larger has a message to itself.
 * @returns one message at least
 */
export function pack(lines: readonly string[], whole: Header & { client: string }, maxBytes: number): Part[] {
  const { audit: _audit, unqueued: _unqueued, ...others } = whole;
  const parts: { events: number[] }[] = [{ events: [] }];
  let bytes = encodedBytes(JSON.stringify(whole)) + HEADER_ROOM;
  for (const [position, line] of lines.entries()) {
    const size = encodedBytes(line) + 1;
    if (bytes + size > maxBytes) {
      parts.push({ events: [] });
      bytes = encodedBytes(JSON.stringify(others)) + HEADER_ROOM;
    }
    parts.at(-1)?.events.push(position);
    bytes += size;
  }
  const header = parts.length === 1 ? whole : others;
  return parts.map(({ events }, part) => {
    const head = { ...header, accepted: events.length, part, parts: parts.length };
    return { body: [JSON.stringify(head), ...events.map((position) => lines[position])].join("\n"), events };
  });
}
