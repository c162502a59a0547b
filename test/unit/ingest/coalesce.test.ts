import { setImmediate as nextTurn } from "node:timers/promises";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Coalescer } from "../../../lib/ingest/coalesce.ts";

interface Sent {
  requests: readonly number[];
  reply(): void;
  fail(error: Error): void;
}

/** A coalescer whose calls wait until the test answers them. A request is a number, which is also its cost. */
function held(mostCost = 100) {
  const calls: Sent[] = [];
  const open = new Set<Sent>();
  const most = { open: 0 };
  const coalescer = new Coalescer<number, string>({
    call: (requests) => {
      const { promise, resolve, reject } = Promise.withResolvers<string[]>();
      const call: Sent = {
        requests,
        reply: () => resolve(requests.map((n) => `reply ${n}`)),
        fail: reject,
      };
      calls.push(call);
      open.add(call);
      most.open = Math.max(most.open, open.size);
      return promise.finally(() => open.delete(call));
    },
    costOf: (request) => request,
    mostCost,
  });
  return { calls, open, most, submit: (request: number) => coalescer.submit(request) };
}

// Without this, a slow machine could make calls count as stalled.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const requestsOf = (calls: readonly Sent[]) => calls.map(({ requests }) => requests);

describe("coalesced requests", () => {
  it("a request that arrives alone is sent at once", () => {
    const { calls, submit } = held();
    void submit(1);
    expect(requestsOf(calls)).toEqual([[1]]);
  });

  it("what arrives while two calls are in flight goes together in the next one", async () => {
    const { calls, submit } = held();
    const replies = [1, 2, 3].map(submit);
    await nextTurn();
    expect(requestsOf(calls)).toEqual([[1], [2, 3]]);
    replies.push(...[4, 5].map(submit));
    await nextTurn();
    replies.push(submit(6));
    await nextTurn();
    expect(calls).toHaveLength(2);
    calls[1]?.reply();
    expect(await Promise.all(replies.slice(1, 3))).toEqual(["reply 2", "reply 3"]);
    await nextTurn();
    expect(requestsOf(calls.slice(2))).toEqual([[4, 5, 6]]);
    calls[0]?.reply();
    calls[2]?.reply();
    expect(await Promise.all(replies)).toEqual([1, 2, 3, 4, 5, 6].map((n) => `reply ${n}`));
  });

  it("a call's error fails its own requests only", async () => {
    const { calls, submit } = held();
    const replies = Promise.allSettled([1, 2, 3].map(submit));
    await nextTurn();
    const error = new Error("lost");
    calls[1]?.fail(error);
    await nextTurn();
    calls[0]?.reply();
    expect(await replies).toEqual([
      { status: "fulfilled", value: "reply 1" },
      { status: "rejected", reason: error },
      { status: "rejected", reason: error },
    ]);
    const next = submit(4);
    calls[2]?.reply();
    expect(await next).toBe("reply 4");
  });

  it("a call that can't be made fails its requests, and later ones are sent", async () => {
    let isBroken = true;
    const coalescer = new Coalescer<number, number>({
      call: (requests) => {
        if (isBroken) throw new Error("broken");
        return Promise.resolve(requests);
      },
      costOf: () => 1,
      mostCost: 10,
    });
    await expect(coalescer.submit(1)).rejects.toThrow("broken");
    await expect(Promise.all([2, 3, 4].map((n) => coalescer.submit(n)))).rejects.toThrow("broken");
    isBroken = false;
    expect(await coalescer.submit(5)).toBe(5);
  });

  it("a call costs no more than its maximum, and a request that costs more goes at once", async () => {
    const { calls, submit } = held(10);
    for (const cost of [1, 1, 4, 5, 5, 20, 3]) void submit(cost);
    await nextTurn();
    expect(requestsOf(calls)).toEqual([[1], [20], [1, 4, 5]]);
    for (const n of [0, 1, 2]) {
      calls[n]?.reply();
      await nextTurn();
      await nextTurn();
    }
    expect(requestsOf(calls.slice(3))).toEqual([[5, 3]]);
  });

  it("each request is sent once, in order, in at most two calls at a time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const ground = held(20);
        const { submitted, settled } = await play(ground, steps);
        expect(ground.most.open).toBeLessThanOrEqual(2);
        expect(requestsOf(ground.calls).flat()).toEqual(submitted);
        const replies = settled.map((one) => (one.status === "fulfilled" ? one.value : one.reason.message));
        expect(replies).toEqual(
          submitted.map((n, index) => (settled[index]?.status === "fulfilled" ? `reply ${n}` : "lost")),
        );
        const several = ground.calls.filter(({ requests }) => requests.length > 1);
        for (const { requests } of several)
          expect(requests.reduce((sum, cost) => sum + cost)).toBeLessThanOrEqual(20);
      }),
    );
  });
});

const step = fc.oneof(
  fc.record({ kind: fc.constant("submit" as const), cost: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ kind: fc.constant("reply" as const), which: fc.nat() }),
  fc.record({ kind: fc.constant("fail" as const), which: fc.nat() }),
  fc.record({ kind: fc.constant("turn" as const) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Carries out the steps, and then answers until nothing waits. */
async function play({ open, submit }: ReturnType<typeof held>, steps: readonly Step[]) {
  const submitted: number[] = [];
  const replies: Promise<string>[] = [];
  for (const one of steps) {
    if (one.kind === "submit") {
      submitted.push(one.cost);
      replies.push(submit(one.cost));
      replies.at(-1)?.catch(() => {});
      continue;
    }
    const call = one.kind === "turn" ? undefined : [...open][one.which % open.size];
    if (one.kind === "reply") call?.reply();
    else call?.fail(new Error("lost"));
    await nextTurn();
  }
  while (open.size > 0) {
    for (const call of open) call.reply();
    await nextTurn();
    await nextTurn();
  }
  return { submitted, settled: await Promise.allSettled(replies) };
}

describe("coalesced requests, when calls are not answered", () => {
  it("others are sent after a moment, and late replies still arrive", async () => {
    const { calls, submit } = held();
    const replies = [1, 2, 3, 4].map(submit);
    await nextTurn();
    replies.push(submit(5));
    await nextTurn();
    expect(requestsOf(calls)).toEqual([[1], [2, 3, 4]]);
    vi.advanceTimersByTime(1_000);
    await nextTurn();
    expect(requestsOf(calls.slice(2))).toEqual([[5]]);
    for (const call of calls.toReversed()) call.reply();
    expect(await Promise.all(replies)).toEqual([1, 2, 3, 4, 5].map((n) => `reply ${n}`));
    // Calls that were counted out are not counted twice.
    const rest = [6, 7, 8].map(submit);
    await nextTurn();
    expect(requestsOf(calls.slice(3))).toEqual([[6], [7, 8]]);
    for (const call of calls.slice(3)) call.reply();
    expect(await Promise.all(rest)).toHaveLength(3);
  });
});
