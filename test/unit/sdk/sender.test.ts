import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import {
  type EventInput,
  type SendError,
  Sender,
  type SenderOptions,
} from "../../../sdk/typescript/src/node.ts";
import { accept, problem, type Script, scriptedServer } from "../../support/sdk/scripted-server.ts";

const anEvent = (n = 0): EventInput => ({ event_type: "order.placed", payload: { n } });
const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A server and a sender that waits for `flush` and retries at once. */
async function start(script?: Script, options: Partial<SenderOptions> = {}) {
  const server = await scriptedServer(script);
  const quick = { lingerMs: 60_000, minBackoffMs: 1, maxBackoffMs: 5 };
  const sender = new Sender({ url: server.url, key: "key", ...quick, ...options });
  /** Sends events; the outcome of each is its receipt, or the reason why it has none. */
  const sendAll = async (count: number): Promise<string[]> => {
    const sent = Array.from({ length: count }, (_, n) =>
      sender.send(anEvent(n)).then(
        ({ receipt_id }) => receipt_id,
        (error: SendError) => error.reason,
      ),
    );
    await sender.flush();
    return Promise.all(sent);
  };
  return { server, sender, sendAll };
}

const receipts = (count: number): string[] => Array.from({ length: count }, () => "receipt");
const failure = (sent: Promise<unknown>): Promise<SendError> =>
  sent.then(
    () => expect.unreachable("it was delivered"),
    (error) => error,
  );

describe("a request", () => {
  it("has at most the given number of events", async () => {
    const { server, sendAll } = await start(undefined, { maxBatchEvents: 3 });
    expect(await sendAll(7)).toEqual(receipts(7));
    expect(server.sizes().toSorted()).toEqual([1, 3, 3]);
  });

  it("has at most the given number of bytes, and as many events as fit", async () => {
    const { server, sender } = await start(undefined, { maxBatchBytes: 1_000 });
    const sent = Array.from({ length: 20 }, () =>
      sender.send({ ...anEvent(), payload: { text: "ü".repeat(100) } }),
    );
    await sender.flush();
    await Promise.all(sent);
    for (const { bytes } of server.received) expect(bytes).toBeLessThanOrEqual(1_000);
    expect(server.sizes()).toEqual([2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
  });

  it("starts when it is full, and otherwise after the given time", async () => {
    const { server, sender } = await start(undefined, { maxBatchEvents: 2, lingerMs: 100 });
    const startedAt = performance.now();
    await Promise.all([1, 2, 3].map((n) => sender.send(anEvent(n))));
    expect(server.sizes()).toEqual([2, 1]);
    const [full, rest] = server.received;
    expect((rest?.at ?? 0) - startedAt).toBeGreaterThanOrEqual(99);
    expect(full?.at).toBeLessThan(rest?.at ?? 0);
  });

  it("carries the key, and is compressed if that saves anything", async () => {
    const { server, sendAll } = await start();
    await sendAll(1);
    await sendAll(100);
    expect(server.received.map(({ gzip, key }) => ({ gzip, key }))).toEqual([
      { gzip: false, key: "key" },
      { gzip: true, key: "key" },
    ]);
  });

  it("is one of at most the given number at the same time", async () => {
    let open = 0;
    let most = 0;
    const script: Script = async ({ events }) => {
      most = Math.max(most, ++open);
      await sleep(20);
      open--;
      return accept(events);
    };
    const { sendAll } = await start(script, { maxBatchEvents: 1, maxInFlight: 3 });
    expect(await sendAll(12)).toEqual(receipts(12));
    expect(most).toBe(3);
  });

  it("has no more events than the rate limit allows at once", async () => {
    const limited: Script = ({ events }) => {
      const reply = events.length > 3 ? problem(413, "payload-too-large") : accept(events);
      return reply && { ...reply, headers: { "ratelimit-policy": '"default";q=3;w=1' } };
    };
    const { server, sendAll } = await start(limited);
    expect(await sendAll(12)).toEqual(receipts(12));
    expect(server.sizes().toSorted()).toEqual([12, 3, 3, 3, 3]);
  });
});

describe("an event", () => {
  it("gets an id and a time when it is sent, the same in every attempt", async () => {
    const script: Script = ({ events }, n) => (n < 3 ? problem(503, "queue-full") : accept(events));
    const { server, sender } = await start(script);
    const input = anEvent();
    const sent = sender.send(input);
    input.payload = { changed: true };
    await sender.flush();
    const { event_id, timestamp } = await sent;
    expect(event_id).toMatch(UUID_V7);
    const expected = { event_id, event_type: "order.placed", timestamp, payload: { n: 0 } };
    expect(server.received.map(({ events }) => events)).toEqual(Array(4).fill([expected]));
  });

  it("keeps an id and a time of its own", async () => {
    const { server, sender } = await start();
    const own = { event_id: "order-1", timestamp: "2026-11-23T06:00:00+01:00" };
    const sent = [
      sender.send({ ...anEvent(), ...own }),
      sender.send({ ...anEvent(), timestamp: new Date(0) }),
    ];
    await sender.flush();
    expect(await sent[0]).toMatchObject(own);
    expect(server.received[0]?.events).toMatchObject([own, { timestamp: "1970-01-01T00:00:00.000Z" }]);
  });

  it("that is not JSON, or too large for a request, is refused at once", async () => {
    const { server, sender, sendAll } = await start();
    const circular: { self?: object } = {};
    circular.self = circular;
    expect((await failure(sender.send({ ...anEvent(), payload: circular }))).reason).toBe("invalid");
    const large = { ...anEvent(), event_id: "large", payload: { text: "x".repeat(1_000_000) } };
    expect(await failure(sender.send(large))).toMatchObject({
      reason: "too-large",
      event: { event_id: "large" },
    });
    expect(await sendAll(1)).toEqual(receipts(1));
    expect(server.sizes()).toEqual([1]);
  });
});

describe("of a request that is accepted in part", () => {
  const faults = [
    { index: 1, code: "invalid-event", detail: "bad", retryable: false },
    { index: 2, code: "event-unverified", detail: "later", retryable: true },
  ];

  it("only what may succeed later is sent again", async () => {
    const script: Script = ({ events }, n) => accept(events, n === 0 ? faults : []);
    const { server, sendAll } = await start(script);
    expect(await sendAll(4)).toEqual(["receipt", "rejected", "receipt", "receipt"]);
    expect(server.received.map(({ events }) => events.map(({ payload }) => payload.n))).toEqual([
      [0, 1, 2, 3],
      [2],
    ]);
  });

  it("a refused event rejects with its fault", async () => {
    const { sender } = await start(({ events }) => accept(events, faults.slice(0, 1)));
    const sent = [sender.send(anEvent()), failure(sender.send({ ...anEvent(), event_id: "bad" }))] as const;
    await sender.flush();
    expect(await sent[1]).toMatchObject({
      reason: "rejected",
      fault: { code: "invalid-event" },
      event: { event_id: "bad" },
    });
  });

  it("the same holds if no event is accepted", async () => {
    const script: Script = ({ events }, n) =>
      n > 0
        ? accept(events)
        : problem(422, "no-valid-events", { errors: [{ ...faults[0], index: 0 }, faults[1], faults[0]] });
    const { server, sendAll } = await start(script);
    expect(await sendAll(3)).toEqual(["rejected", "rejected", "receipt"]);
    expect(server.sizes()).toEqual([3, 1]);
  });
});

describe("after a failure", () => {
  it.each([408, 429, 500, 502, 503, 504])(
    "with status %i, all of the request is sent again",
    async (status) => {
      const { server, sendAll } = await start(({ events }, n) =>
        n === 0 ? { status, body: "<p>no</p>" } : accept(events),
      );
      expect(await sendAll(3)).toEqual(receipts(3));
      expect(server.sizes()).toEqual([3, 3]);
    },
  );

  it("of the connection, all of the request is sent again", async () => {
    const { server, sendAll } = await start(({ events }, n) => (n < 2 ? undefined : accept(events)));
    expect(await sendAll(3)).toEqual(receipts(3));
    expect(server.sizes()).toEqual([3, 3, 3]);
  });

  it("to answer in time, all of the request is sent again", async () => {
    const script: Script = async ({ events }, n) => {
      if (n === 0) await sleep(2_000);
      return accept(events);
    };
    const { server, sendAll } = await start(script, { requestTimeoutMs: 1_000 });
    expect(await sendAll(3)).toEqual(receipts(3));
    expect(server.sizes()).toEqual([3, 3]);
  });

  it.each<[string, number, unknown]>([
    ["another server's page", 200, "<p>Log in</p>"],
    ["an empty 202", 202, ""],
    ["another status with the body of a 202", 200, accept([1, 2, 3])?.body],
    [
      "a 202 with two faults of one event",
      202,
      accept([1, 2, 3], Array(2).fill({ index: 0, detail: "" }))?.body,
    ],
    ["a 202 that does not account for each event", 202, accept([1, 2])?.body],
    ["a 202 with a fault of no event", 202, accept([1, 2, 3, 4], [{ index: 3, detail: "" }])?.body],
  ])("an event is not taken for accepted because of %s", async (_, status, body) => {
    const { server, sendAll } = await start(({ events }, n) => (n === 0 ? { status, body } : accept(events)));
    expect(await sendAll(3)).toEqual(receipts(3));
    expect(server.sizes()).toEqual([3, 3]);
  });

  it("no request starts before Retry-After, not even one with other events", async () => {
    const script: Script = ({ events }, n) => {
      const reply = n === 0 ? problem(429, "rate-limited") : accept(events);
      return reply && { ...reply, headers: { "retry-after": "1" } };
    };
    const { server, sender, sendAll } = await start(script, { lingerMs: 0 });
    const first = sender.send(anEvent());
    await expect.poll(() => server.received[0]?.answeredAt).toBeGreaterThan(0);
    expect(await sendAll(5)).toEqual(receipts(5));
    await first;
    const [limited, next] = server.received;
    expect((next?.at ?? 0) - (limited?.answeredAt ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it("one request at a time finds out whether the server is back", async () => {
    let open = 0;
    const seen: number[] = [];
    const script: Script = async ({ events }, n) => {
      seen[n] = ++open;
      await sleep(10);
      open--;
      return n < 8 ? problem(503, "queue-full") : accept(events);
    };
    const { sendAll } = await start(script, { maxBatchEvents: 1, maxInFlight: 4 });
    expect(await sendAll(8)).toEqual(receipts(8));
    expect(seen.slice(0, 8)).toEqual([1, 2, 3, 4, 1, 1, 1, 1]);
  });

  it("that one event causes each time, the others are delivered", async () => {
    const script: Script = ({ events }) =>
      events.some(({ payload }) => payload.n === 20) ? problem(500, "internal-error") : accept(events);
    const { sender } = await start(script, { maxBatchEvents: 50 });
    const sent = Array.from({ length: 50 }, (_, n) => sender.send(anEvent(n)));
    const poison = failure(sent[20] ?? Promise.resolve());
    void sender.flush();
    await Promise.all(sent.filter((_, n) => n !== 20));
    const { undelivered } = await sender.close({ timeoutMs: 100 });
    expect(undelivered).toMatchObject([{ payload: { n: 20 } }]);
    expect(await poison).toMatchObject({ reason: "not-delivered", cause: { code: "internal-error" } });
  });
});

describe("a refusal", () => {
  const refusal = (status: number, code: string) => ({ status, body: problem(status, code)?.body });

  it.each([
    [400, "invalid-json"],
    [401, "revoked-api-key"],
    [403, "client-inactive"],
    [404, "not-found"],
    [415, "unsupported-media-type"],
    [422, "invalid-body"],
    [307, "elsewhere"],
  ])("with status %i rejects the request's events, and nothing is sent again", async (status, code) => {
    const { server, sender } = await start(() => ({ ...refusal(status, code), headers: { location: "/" } }));
    const sent = [failure(sender.send(anEvent())), failure(sender.send(anEvent()))];
    await sender.flush();
    for (const error of await Promise.all(sent))
      expect(error).toMatchObject({ reason: "rejected", cause: { name: "WeirError", status, code } });
    expect(server.sizes()).toEqual([2]);
  });

  it("as too large splits the request, down to the event that is too large", async () => {
    const script: Script = ({ events, bytes }) =>
      bytes > 700 ? problem(413, "payload-too-large") : accept(events);
    const { sender, sendAll } = await start(script);
    expect(await sendAll(10)).toEqual(receipts(10));
    const large = failure(sender.send({ ...anEvent(), payload: { text: "x".repeat(800) } }));
    expect(await sendAll(3)).toEqual(receipts(3));
    expect(await large).toMatchObject({ reason: "too-large", cause: { code: "payload-too-large" } });
  });
});
