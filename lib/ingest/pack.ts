/** Packs the events of one request into as few messages as their size allows. */
import type { Header } from "../queue/message.ts";
import { encodedBytes } from "../queue/sqs/text.ts";

/** One message of a request. */
export interface Part {
  body: string;
  /** Positions of its events in `lines`. */
  events: number[];
}

/** Bytes for a line feed and for the header's numbers, which are unknown while packing. */
const HEADER_ROOM = 80;

/**
 * @param lines the events' lines
 * @param single header of a single message, with the audit row. Several messages have only id, time and owner: the response
 *   is known only after the queue has taken all of them.
 * @param maxBytes maximum bytes of a message as the queue counts them. A larger event has a message to itself.
 * @returns at least one message
 */
export function pack(
  lines: readonly string[],
  single: Header & { client: string },
  maxBytes: number,
): Part[] {
  const { audit: _audit, unqueued: _unqueued, ...others } = single;
  const parts: { events: number[] }[] = [{ events: [] }];
  let bytes = encodedBytes(JSON.stringify(single)) + HEADER_ROOM;
  for (const [position, line] of lines.entries()) {
    const size = encodedBytes(line) + 1;
    if (bytes + size > maxBytes) {
      parts.push({ events: [] });
      bytes = encodedBytes(JSON.stringify(others)) + HEADER_ROOM;
    }
    parts.at(-1)?.events.push(position);
    bytes += size;
  }
  const header = parts.length === 1 ? single : others;
  return parts.map(({ events }, part) => {
    const head = { ...header, accepted: events.length, part, parts: parts.length };
    return { body: [JSON.stringify(head), ...events.map((position) => lines[position])].join("\n"), events };
  });
}
