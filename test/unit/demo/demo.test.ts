import { createServer, type IncomingMessage, type Server } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Api } from "../../../bin/demo/api.ts";
import { countReplayed } from "../../../bin/demo/count.ts";
import {
  type DemoEvent,
  type DemoRecord,
  dataset,
  movedRange,
  moveEvents,
  readDatasets,
} from "../../../bin/demo/data.ts";
import { type Replay, replay } from "../../../bin/demo/replay.ts";
import { table, verdict } from "../../../bin/demo/summary.ts";
import { parseExact } from "../../../lib/base/json.ts";
import { readEvent } from "../../../lib/ingest/event.ts";
import { listen } from "../../support/servers/listen.ts";

const NOW = Date.parse("2026-11-23T06:00:00.123Z");
const DAY = 86_400_000;
const ids = (records: readonly DemoRecord[]): string[] => records.map(({ eventId }) => eventId);

describe("the data", async () => {
  const datasets = await readDatasets();
  const all = datasets.flatMap(({ records }) => records);

  test("are 1,707 earthquakes and 20,000 flights", () => {
    const sizes = datasets.map(({ type, records }) => `${records.length} ${type}`);
    expect(sizes).toEqual(["1707 earthquake", "20000 flight"]);
  });

  test("have distinct ids that are the same in every run", async () => {
    expect(new Set(ids(all)).size).toBe(21_707);
    expect(ids((await readDatasets()).flatMap(({ records }) => records))).toEqual(ids(all));
    // Fixed here, since ids that change with a release would add every event a second time.
    expect(datasets.map(({ newest }) => newest.eventId)).toEqual(["ci37868143", "flight-19999-9550ce53cfb3"]);
  });

  test("keep the original's fields and time in the payload", () => {
    const [earthquakes, flights] = datasets;
    expect(earthquakes?.newest.payload).toMatchObject({
      mag: 2,
      place: "4km W of Castaic, CA",
      coordinates: [-118.6671667, 34.4945, 26.49],
      original_time: "2018-02-07T01:26:13.840Z",
    });
    expect(flights?.records[0]).toMatchObject({
      at: Date.parse("2001-01-01T00:47:00Z"),
      payload: {
        origin: "DTW",
        destination: "LAS",
        delay: 66,
        distance: 1750,
        original_time: "2001/01/01 00:47",
      },
    });
  });

  test.each(datasets)("of type $type are shifted together, the newest to the given time", (data) => {
    const times = moveEvents(data, NOW).map(({ timestamp }) => Date.parse(timestamp));
    expect(new Set(times.map((at, i) => at - (data.records[i]?.at ?? 0)))).toEqual(
      new Set([NOW - data.newest.at]),
    );
    expect(times.reduce((a, b) => Math.max(a, b))).toBe(NOW);
    const oldest = times.reduce((a, b) => Math.min(a, b));
    expect(movedRange(data, NOW)).toEqual({
      start: new Date(oldest).toISOString(),
      end: "2026-11-23T06:00:00.124Z",
    });
  });

  test.each(datasets)("of type $type are events that ingest accepts", (data) => {
    const window = { from: NOW - 400 * DAY, to: NOW + DAY };
    const sent = parseExact(JSON.stringify(moveEvents(data, NOW))) as unknown[];
    const read = sent.map((event, index) => readEvent(event, index, { window, unsure: true, seed: [1, 2] }));
    expect(read.filter((event) => "code" in event)).toEqual([]);
    expect(read.map((event) => "eventId" in event && event.eventId)).toEqual(ids(data.records));
  });
});

/** The API as the demo sees it: ingest that remembers ids, an authoritative ledger, and receipts. */
class FakeWeir {
  readonly seen = new Map<string, string>();
  readonly ledger = new Map<string, string>();
  /** Events that are accepted and not yet in the ledger. */
  queue: { id: string; events: DemoEvent[] }[] = [];
  readonly receipts = new Map<string, { accepted: number; stored: number; duplicates: number }>();
  /** How many of the next posts get 429. */
  refusals = 0;
  readonly batchSizes: number[] = [];
  readonly #server: Server = createServer(async (request, response) => {
    const [status, body] = await this.#answer(request);
    response.writeHead(status, {
      "ratelimit-policy": '"default";q=40;w=1',
      ...(status === 429 && { "retry-after": "1" }),
    });
    response.end(JSON.stringify(body));
  });

  async start(): Promise<Api> {
    return new Api({ url: `http://127.0.0.1:${await listen(this.#server)}/`, apiKey: "k" });
  }

  stop(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  work(): void {
    for (const { id, events } of this.queue.splice(0)) {
      const receipt = this.receipts.get(id) ?? { accepted: 0, stored: 0, duplicates: 0 };
      for (const { event_id, timestamp } of events) {
        if (this.ledger.has(event_id)) receipt.duplicates++;
        else receipt.stored++;
        if (!this.ledger.has(event_id)) this.ledger.set(event_id, timestamp);
      }
    }
  }

  async #answer(request: IncomingMessage): Promise<[number, unknown]> {
    const [, , kind, id = ""] = (request.url ?? "").split("/");
    if (request.method === "POST") {
      const body = await buffer(request);
      const plain = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      return this.#take(JSON.parse(plain.toString()).events);
    }
    // The worker runs after each answer to a GET, so that the first one finds nothing yet.
    setImmediate(() => this.work());
    const times = { received_at: "", processed_at: null, completed_at: null };
    if (kind === "receipts") {
      const { accepted = 0, stored = 0, duplicates = 0 } = this.receipts.get(id) ?? {};
      const pending = accepted - stored - duplicates;
      return [200, { ...times, receipt_id: id, accepted, stored, duplicates, quarantined: 0, pending }];
    }
    const timestamp = this.ledger.get(id);
    if (timestamp === undefined) return [404, problem(404, "not-found")];
    const event = { client_id: "demo", event_id: id, event_type: "t", timestamp, payload: {} };
    return [200, { ...event, ...times, processing_latency_ms: 1, status: "stored", receipt_id: "r" }];
  }

  #take(events: DemoEvent[]): [number, unknown] {
    if (this.refusals-- > 0) return [429, problem(429, "rate-limited")];
    this.batchSizes.push(events.length);
    const isNew = events.filter(({ event_id }) => !this.seen.has(event_id));
    const errors = events.flatMap(({ event_id, timestamp }, index) =>
      (this.seen.get(event_id) ?? timestamp) === timestamp
        ? []
        : [{ index, event_id, code: "event-conflict", detail: "sent before", retryable: false }],
    );
    if (errors.length === events.length) return [422, { ...problem(422, "no-valid-events"), errors }];
    for (const { event_id, timestamp } of isNew) this.seen.set(event_id, timestamp);
    const id = `r${this.receipts.size}`;
    this.receipts.set(id, { accepted: isNew.length, stored: 0, duplicates: 0 });
    this.queue.push({ id, events: isNew });
    const duplicates = events.length - isNew.length - errors.length;
    return [202, { receipt_id: id, accepted: isNew.length, duplicates, rejected: errors.length, errors }];
  }
}

const problem = (status: number, code: string) => ({
  ...{ type: `/docs/errors/${code}`, title: code, status, detail: code, instance: "", code },
});

describe("a replay", () => {
  const records = (type: string, count: number): DemoRecord[] =>
    Array.from({ length: count }, (_, i) => ({ eventId: `${type}-${i}`, at: i * 1_000, payload: { i } }));
  const datasets = [dataset("a", records("a", 30)), dataset("b", records("b", 100))];
  const silent = { start: () => {}, advance: () => {}, stop: () => {} };
  /** Per dataset: "stored duplicates refused". */
  const sums = ({ types }: Replay) =>
    types.map(({ tally: { stored, duplicates, refused } }) => `${stored} ${duplicates} ${refused.length}`);

  let weir: FakeWeir;
  let api: Api;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    weir = new FakeWeir();
    api = await weir.start();
  });
  afterEach(() => {
    weir.stop();
    vi.useRealTimers();
  });
  const run = () => replay(api, datasets, silent);
  const runLater = (ms: number) => {
    vi.setSystemTime(NOW + ms);
    return run();
  };

  test("stores everything once, the newest at the time of the run, in batches within the rate limit", async () => {
    const result = await run();
    expect(sums(result)).toEqual(["30 0 0", "100 0 0"]);
    expect(result.types.map(({ newestAt }) => newestAt)).toEqual([NOW, NOW]);
    expect(weir.ledger.size).toBe(130);
    expect(Math.max(...weir.batchSizes)).toBe(40);
  });

  const allKnown = ["0 30 0", "0 100 0"];

  test("adds nothing the second time, with duplicates found by ingest", async () => {
    await run();
    const result = await runLater(5 * 60_000);
    expect(sums(result)).toEqual(allKnown);
    expect(result.types.map(({ newestAt }) => newestAt)).toEqual([NOW, NOW]);
  });

  test("adds nothing the second time, with duplicates found by the ledger when ingest has lost the ids", async () => {
    await run();
    weir.seen.clear();
    expect(sums(await runLater(DAY))).toEqual(allKnown);
  });

  test("continues an interrupted one, even if its first event was not stored", async () => {
    const [first] = datasets;
    if (!first) throw new Error("There is no first dataset.");
    const newest = moveEvents(first, NOW - 5_000).slice(-1);
    await api.send(
      newest,
      () => {},
      () => {},
    );
    const result = await run();
    expect(sums(result)).toEqual(["29 1 0", "100 0 0"]);
    expect(result.types.map(({ newestAt }) => newestAt)).toEqual([NOW - 5_000, NOW]);
  });

  test("retries after Retry-After", async () => {
    weir.refusals = 1;
    const started = performance.now();
    expect(sums(await run())[0]).toBe("30 0 0");
    expect(api.timesPutOff).toBe(1);
    expect(performance.now() - started).toBeGreaterThan(990);
  });

  test("fails with one sentence if Weir is not running", async () => {
    weir.stop();
    await expect(run()).rejects.toThrow(
      /^Weir is not running at http:\S+\. Start it with `npm start`, then run the demo again\.$/,
    );
  });
});

test("the count waits for events of another run that are still in the queue", async () => {
  const data = dataset("quake", [{ eventId: "q", at: 0, payload: {} }]);
  const ask = async (...answers: { count: number; lag_ms: number | null }[]) => {
    const call = async () => answers.shift() as never;
    const count = await countReplayed({ call }, { dataset: data, newestAt: NOW }, undefined);
    return { count, unasked: answers.length };
  };
  const behind = { count: 0, lag_ms: 60_000 };
  const unknown = { count: 0, lag_ms: null };
  expect(await ask(behind, unknown, { count: 1, lag_ms: 60_000 })).toEqual({ count: 1, unasked: 0 });
  const caughtUp = { count: 0, lag_ms: 1 };
  expect(await ask(behind, caughtUp, { count: 1, lag_ms: 0 })).toEqual({ count: 0, unasked: 1 });
});

describe("the summary", () => {
  const data = dataset("quake", [
    { eventId: "q", at: 0, payload: {} },
    { eventId: "r", at: 1, payload: {} },
  ]);
  const none = { stored: 0, duplicates: 0, quarantined: 0, pending: 0, refused: [] };
  const outcome = (tally: Partial<Replay["types"][number]["tally"]>, counted = 2) => [
    { dataset: data, newestAt: NOW, tally: { ...none, ...tally }, counted },
  ];

  test("shows the data's counts beside Weir's", () => {
    expect(table(outcome({ stored: 2 }))).toBe(
      [
        "  type    in the data   counted by Weir   stored now   duplicates",
        "  quake             2                 2            2            0",
        "  total             2                 2            2            0",
      ].join("\n"),
    );
  });

  test("reports that a run added nothing, and which counts differ", () => {
    expect(verdict(outcome({ duplicates: 2 }))).toEqual({
      ok: true,
      text: "This run added nothing: all 2 events were duplicates.",
    });
    const fault = { detail: "timestamp is older than the retention", code: "invalid-event" } as const;
    expect(verdict(outcome({ stored: 1, refused: [fault] }, 1))).toEqual({
      ok: false,
      text: "The counts differ: Weir counts 1 of type quake, but the data has 2.\nRefused: 1 because timestamp is older than the retention (invalid-event).",
    });
  });
});
