import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Turns } from "../../../lib/queue/turns.ts";

interface Got {
  isLarge: boolean;
  messages: number[];
}

const NOTHING: Got = { isLarge: false, messages: [] };
const SOME: Got = { isLarge: false, messages: [1] };
const LARGE: Got = { isLarge: true, messages: [1, 2] };

/** Reads that end when they are told to. */
function reads(turns: Turns) {
  const under: PromiseWithResolvers<Got>[] = [];
  const take = () =>
    turns.take(() => {
      const read = Promise.withResolvers<Got>();
      under.push(read);
      return read.promise;
    });
  return { under, take };
}

describe("turns", () => {
  it("lets receivers read one after the other while the queue has little", async () => {
    const { under, take } = reads(new Turns());
    const both = [take(), take()];
    await sleep(30);
    expect(under).toHaveLength(1);
    under[0]?.resolve(NOTHING);
    await expect.poll(() => under.length).toBe(2);
    under[1]?.resolve(NOTHING);
    expect(await Promise.all(both)).toEqual([NOTHING, NOTHING]);
  });

  it("lets them read at the same time after a large batch, until one is small", async () => {
    const { under, take } = reads(new Turns());
    const first = take();
    await expect.poll(() => under.length).toBe(1);
    under[0]?.resolve(LARGE);
    await first;
    const both = [take(), take()];
    await expect.poll(() => under.length).toBe(3);
    under[1]?.resolve(NOTHING);
    under[2]?.resolve(NOTHING);
    await Promise.all(both);
    void take();
    void take();
    await sleep(30);
    expect(under).toHaveLength(4);
  });

  it("pauses after a small batch, but not after none or a large one", async () => {
    const startOf = async (before: Got): Promise<number> => {
      const turns = new Turns();
      await turns.take(async () => before);
      const from = performance.now();
      let began = Number.NaN;
      await turns.take(async () => {
        began = performance.now() - from;
        return NOTHING;
      });
      return began;
    };
    const [afterNothing, afterSome, afterLarge] = [
      await startOf(NOTHING),
      await startOf(SOME),
      await startOf(LARGE),
    ];
    expect(afterSome).toBeGreaterThan(15);
    expect(afterNothing).toBeLessThan(afterSome);
    expect(afterLarge).toBeLessThan(afterSome);
  });

  it("passes the turn on when a read fails", async () => {
    const turns = new Turns();
    await expect(turns.take(() => Promise.reject(new Error("the queue is away")))).rejects.toThrow("away");
    expect(await turns.take(async () => SOME)).toBe(SOME);
  });

  it("reads nothing once the signal is aborted", async () => {
    const stopping = new AbortController();
    const { under, take } = reads(new Turns(stopping.signal));
    const both = [take(), take()];
    await expect.poll(() => under.length).toBe(1);
    stopping.abort();
    under[0]?.resolve(SOME);
    expect(await Promise.all(both)).toEqual([SOME, undefined]);
    expect(under).toHaveLength(1);
  });
});
