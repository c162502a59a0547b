import { describe, expect, it } from "vitest";
import { type EventInput, SendError, Sender, type SenderOptions } from "../../../sdk/typescript/src/node.ts";
import { accept, problem, type Script, scriptedServer } from "../../support/sdk/scripted-server.ts";

const anEvent = (n = 0): EventInput => ({ event_type: "order.placed", payload: { n } });
const reasonOf = (sent: Promise<unknown>): Promise<string> =>
  sent.then(
    () => "delivered",
    (error: SendError) => error.reason,
  );

/** A server that is away until `back` is called, and a sender with little room. */
async function start(options: Partial<SenderOptions> = {}, back: Script = ({ events }) => accept(events)) {
  let away = true;
  const server = await scriptedServer((request, n) => (away ? problem(503, "queue-full") : back(request, n)));
  const quick = { lingerMs: 0, minBackoffMs: 1, maxBackoffMs: 20 };
  const sender = new Sender({ url: server.url, ...quick, ...options });
  return { server, sender, back: () => (away = false) };
}

describe("a full buffer", () => {
  it("rejects further events by default, and never drops one", async () => {
    const { sender, back } = await start({ maxBufferedEvents: 3 });
    const sent = [1, 2, 3].map((n) => reasonOf(sender.send(anEvent(n))));
    const error = await sender.send(anEvent(4)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(SendError);
    expect(error).toMatchObject({ reason: "buffer-full", event: { payload: { n: 4 } } });
    expect(sender.buffered.events).toBe(3);
    back();
    expect(await Promise.all(sent)).toEqual(["delivered", "delivered", "delivered"]);
    expect(await reasonOf(sender.send(anEvent(5)))).toBe("delivered");
    expect(sender.buffered).toEqual({ events: 0, bytes: 0 });
  });

  it("counts bytes, exceeded by at most one event", async () => {
    const { sender, back } = await start({ maxBufferedBytes: 5_000 });
    const large = { ...anEvent(), payload: { text: "x".repeat(1_000) } };
    const sent = Array.from({ length: 20 }, () => reasonOf(sender.send(large)));
    expect(sender.buffered.events).toBe(5);
    expect(sender.buffered.bytes).toBeLessThan(6_200);
    back();
    const reasons = await Promise.all(sent);
    expect(reasons).toEqual([...Array(5).fill("delivered"), ...Array(15).fill("buffer-full")]);
  });

  it("lets events wait for room, in their order", async () => {
    const { server, sender, back } = await start({
      maxBufferedEvents: 2,
      maxInFlight: 1,
      whenFull: "wait",
    });
    const sent = [1, 2, 3, 4, 5, 6].map((n) => sender.send(anEvent(n)));
    expect(sender.buffered.events).toBe(2);
    await expect.poll(() => server.received.length).toBeGreaterThan(0);
    back();
    await sender.flush();
    await Promise.all(sent);
    const last = server.received.slice(-3).flatMap(({ events }) => events.map(({ payload }) => payload.n));
    expect(last).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("tells a producer when it has room", async () => {
    const { sender, back } = await start({ maxBufferedEvents: 2 });
    await sender.ready();
    const sent = [sender.send(anEvent(1)), sender.send(anEvent(2))];
    let hasRoom = false;
    const ready = sender.ready().then(() => {
      hasRoom = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(hasRoom).toBe(false);
    back();
    await ready;
    await Promise.all([...sent, sender.send(anEvent(3))]);
  });
});

describe("flush", () => {
  it("ends at its time-out and on its signal, and loses nothing", async () => {
    const { sender, back } = await start();
    const sent = sender.send(anEvent());
    await expect(sender.flush({ timeoutMs: 20 })).rejects.toMatchObject({ name: "TimeoutError" });
    await expect(sender.flush({ signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
    expect(sender.buffered.events).toBe(1);
    back();
    await sender.flush();
    expect(await reasonOf(sent)).toBe("delivered");
  });

  it("waits for events that are retried alone", async () => {
    const later = [{ index: 0, code: "queue-refused", detail: "later", retryable: true }];
    const { server, sender, back } = await start({ lingerMs: 60_000 }, ({ events }, n) =>
      n < 3 ? accept(events, later) : accept(events),
    );
    back();
    const sent = [sender.send(anEvent(1)), sender.send(anEvent(2))];
    await sender.flush();
    expect(await Promise.all(sent.map(reasonOf))).toEqual(["delivered", "delivered"]);
    expect(server.received.length).toBe(4);
  });

  it("leaves it to the program to notice that an event was refused", async () => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown): void => void unhandled.push(reason);
    const before = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", note);
    try {
      const { sender, back } = await start({}, () => problem(403, "client-inactive"));
      back();
      void sender.send(anEvent());
      await sender.flush();
      await expect.poll(() => unhandled).toMatchObject([{ name: "SendError", reason: "rejected" }]);
    } finally {
      process.removeAllListeners("unhandledRejection");
      for (const listener of before) process.on("unhandledRejection", listener);
    }
  });
});

describe("close", () => {
  it("delivers what is buffered, and takes no more", async () => {
    const { sender, back } = await start({ lingerMs: 60_000 });
    back();
    const sent = reasonOf(sender.send(anEvent()));
    const closed = sender.close();
    expect(await reasonOf(sender.send(anEvent()))).toBe("closed");
    expect(await closed).toEqual({ undelivered: [] });
    expect(await sent).toBe("delivered");
    expect(await sender.close()).toEqual({ undelivered: [] });
  });

  it("gives back what it could not deliver in time, with the ids of the attempts", async () => {
    const { server, sender } = await start({ whenFull: "wait", maxBufferedEvents: 1 });
    const sent = [sender.send(anEvent(1)), sender.send(anEvent(2))].map((one) =>
      one.catch((error: SendError) => error),
    );
    await expect.poll(() => server.received.length).toBeGreaterThan(1);
    const { undelivered } = await sender.close({ timeoutMs: 20 });
    expect(undelivered.map(({ payload }) => payload.n)).toEqual([1, 2]);
    expect(undelivered[0]).toEqual(server.received[0]?.events[0]);
    expect(await Promise.all(sent)).toMatchObject([
      { reason: "not-delivered", event: undelivered[0], cause: { code: "queue-full" } },
      { reason: "not-delivered", event: undelivered[1] },
    ]);
    // At most the one that was on its way arrives.
    const requests = server.received.length;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(server.received.length).toBeLessThanOrEqual(requests + 1);
    expect(sender.buffered).toEqual({ events: 0, bytes: 0 });
  });
});

it("close ends a request that has no answer", async () => {
  const server = await scriptedServer(() => new Promise(() => {}));
  const signals: (AbortSignal | null | undefined)[] = [];
  const call: typeof fetch = (url, init) => {
    signals.push(init?.signal);
    return fetch(url, init);
  };
  const sender = new Sender({ url: server.url, fetch: call, lingerMs: 0 });
  const sent = reasonOf(sender.send(anEvent()));
  await expect.poll(() => server.received.length).toBe(1);
  expect((await sender.close({ timeoutMs: 1 })).undelivered.length).toBe(1);
  expect(signals.map((signal) => signal?.aborted)).toEqual([true]);
  expect(await sent).toBe("not-delivered");
});

describe("callbacks", () => {
  it("get each response, each wait and each undelivered event, whose promise may be ignored", async () => {
    const fault = { index: 0, code: "invalid-event", detail: "bad", retryable: false };
    const seen: unknown[] = [];
    const { sender, back } = await start(
      {
        lingerMs: 60_000,
        onUndelivered: ({ reason, event }) => seen.push([reason, event?.payload.n]),
        onConfirmed: ({ accepted, rejected }) => seen.push([accepted, rejected]),
        onRetry: (cause, waitMs) => {
          back();
          seen.push([(cause as Error).message.slice(0, 3), waitMs <= 1]);
        },
      },
      ({ events }) => accept(events, [fault]),
    );
    for (const n of [1, 2, 3]) void sender.send(anEvent(n));
    await sender.close();
    void sender.send(anEvent(4));
    await expect
      .poll(() => seen)
      .toEqual([
        ["503", true],
        [2, 1],
        ["rejected", 1],
        ["closed", 4],
      ]);
  });
});

it.each([
  [{ maxBatchEvents: 1_001 }, "maxBatchEvents must be at most 1000; it is 1001."],
  [{ maxBatchBytes: 2_000_000 }, "maxBatchBytes must be at most 1048576; it is 2000000."],
  [{ maxInFlight: 0 }, "maxInFlight must be positive; it is 0."],
  [{ minBackoffMs: Number.NaN }, "minBackoffMs must be positive; it is NaN."],
  [{ url: "ftp://weir.example" }, "Not an http or https URL: ftp://weir.example"],
  [{ key: "a\nb" }, /header value/],
])("the options %o are refused", (options, message) => {
  expect(() => new Sender({ url: "http://weir.example", ...options })).toThrow(message);
});
