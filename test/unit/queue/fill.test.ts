import { describe, expect, it } from "vitest";
import { fill } from "../../../lib/queue/fill.ts";
import type { Message } from "../../../lib/queue/port.ts";

/** Reads from a queue of messages of the given sizes. @returns the number that each read requested, and what came */
async function readFrom(sizes: readonly number[], limits: { maxMessages: number; maxBytes?: number }) {
  const requested: number[] = [];
  let at = 0;
  const messages = await fill(limits, async (count) => {
    requested.push(count);
    const some = sizes.slice(at, at + count);
    at += some.length;
    return some.map(
      (size, n): Message => ({ id: `${at} ${n}`, body: "x".repeat(size), deliveries: 1, sentAt: 0 }),
    );
  });
  return { requested, received: messages.length };
}

const sized = (count: number, size: number): number[] => Array<number>(count).fill(size);

describe("filling a batch", () => {
  it("takes few reads for many small messages", async () => {
    const limits = { maxMessages: 1_000, maxBytes: 5_000_000 };
    expect(await readFrom(sized(5_000, 500), limits)).toEqual({
      requested: [32, 96, 384, 488],
      received: 1_000,
    });
  });

  it("takes one read without a limit of bytes", async () => {
    expect(await readFrom(sized(50, 10), { maxMessages: 20 })).toEqual({ requested: [20], received: 20 });
  });

  it("requests no more than what fits, as far as the sizes so far tell", async () => {
    const limits = { maxMessages: 1_000, maxBytes: 1_000_000 };
    expect(await readFrom(sized(5_000, 20_000), limits)).toEqual({ requested: [32, 18], received: 50 });
    expect(await readFrom(sized(5_000, 100_000), limits)).toEqual({ requested: [32], received: 32 });
  });

  it("does not request many after a few small ones", async () => {
    const limits = { maxMessages: 1_000, maxBytes: 1_000_000 };
    const { requested, received } = await readFrom([...sized(32, 10), ...sized(5_000, 50_000)], limits);
    expect(requested).toEqual([32, 96]);
    expect(received).toBe(128);
  });

  it("ends where the queue ends, also with empty messages", async () => {
    const limits = { maxMessages: 1_000, maxBytes: 1_000_000 };
    expect(await readFrom([], limits)).toEqual({ requested: [32], received: 0 });
    expect(await readFrom(sized(40, 0), limits)).toEqual({ requested: [32, 96], received: 40 });
  });
});
