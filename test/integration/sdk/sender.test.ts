/** The SDK's sender with the complete system, through a proxy that breaks connections. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres from "postgres";
import { beforeAll, describe, expect, it } from "vitest";
import {
  createWeirClient,
  type SendError,
  Sender,
  type SenderOptions,
  WeirError,
  type WeirEvent,
} from "../../../sdk/typescript/src/node.ts";
import { atEnd } from "../../support/cleanup.ts";
import { startProgram } from "../../support/sdk/program.ts";
import { type System, testSystem } from "../../support/servers/system.ts";
import { behindProxy, type TcpProxy } from "../../support/servers/tcp-proxy.ts";
import { tempFolder } from "../../support/servers/temp-folder.ts";
import { weir } from "../../support/weir.ts";

const POLL = { timeout: 45_000, interval: 100 };

interface Ground {
  system: System;
  sql: postgres.Sql;
  dataDir: string;
  url: string;
  proxy: TcpProxy;
}

async function start(environment: Record<string, string> = {}): Promise<Ground> {
  const dataDir = await tempFolder("sdk");
  const system = await testSystem(environment, { dataDir });
  const sql = postgres(system.stack.databaseUrl, { max: 1 });
  atEnd(() => sql.end());
  return { system, sql, dataDir, ...(await behindProxy(system.stack.url)) };
}

/** Sends events and collects their outcomes. */
function collect({ url, system }: Ground, options: Partial<SenderOptions> = {}) {
  const delivered: string[] = [];
  const refused: SendError[] = [];
  const causes: unknown[] = [];
  const sender = new Sender({
    url,
    key: system.stack.apiKey,
    minBackoffMs: 20,
    maxBackoffMs: 500,
    maxBatchEvents: 100,
    lingerMs: 20,
    onRetry: (cause) => causes.push(cause),
    ...options,
  });
  const send = (type: string, n: number, others: Partial<WeirEvent> = {}): Promise<void> =>
    sender.send({ event_type: type, payload: { n }, ...others }).then(
      ({ event_id }) => void delivered.push(event_id),
      (error: SendError) => void refused.push(error),
    );
  /** The causes of retries that are answers of the API, by code. */
  const codes = (): string[] =>
    causes.flatMap((cause) => (cause instanceof WeirError && cause.code ? [cause.code] : []));
  return { sender, send, delivered, refused, causes, codes };
}

/** Waits until the store has exactly these events of a type, each once. */
async function expectStored({ sql }: Ground, type: string, ids: readonly string[]): Promise<void> {
  const stored = async (): Promise<string[]> =>
    (await sql`SELECT event_id FROM events WHERE event_type = ${type}`).map(({ event_id }) => event_id);
  await expect.poll(async () => (await stored()).length, POLL).toBeGreaterThanOrEqual(ids.length);
  expect((await stored()).toSorted()).toEqual(ids.toSorted());
}

describe("with connections that break and a server that dies", () => {
  let ground: Ground;
  beforeAll(async () => {
    // What the killed worker held is delivered again after this time.
    ground = await start({ QUEUE_VISIBILITY_SECONDS: "5" });
  });

  it("5,000 events are stored once each, and none that was refused", async () => {
    const { proxy, dataDir, system } = ground;
    const { sender, send, delivered, refused, causes } = collect(ground);
    let sending = true;
    const breakConnections = async (): Promise<void> => {
      for (let round = 0; sending; round++) {
        if (round % 2 === 0) proxy.loseNextReply(1);
        else proxy.reset();
        await sleep(100);
      }
    };
    const broken = breakConnections();
    const pid = async (): Promise<number> => Number(await readFile(join(dataDir, "api.pid"), "utf8"));
    const first = await pid();
    const late = new Date(Date.now() + 3 * 86_400_000).toISOString();
    const outcomes: Promise<void>[] = [];
    for (let n = 0; n < 5_000; n++) {
      await sender.ready();
      outcomes.push(send("broken", n, n % 500 === 7 ? { timestamp: late } : {}));
      if (n % 50 === 0) await sleep(10);
      if (n === 2_500) process.kill(first, "SIGKILL");
    }
    await sender.flush({ timeoutMs: 200_000 });
    sending = false;
    await Promise.all([broken, ...outcomes]);

    expect(await pid()).not.toBe(first);
    expect(proxy.lost()).toBeGreaterThan(1);
    expect(causes.length).toBeGreaterThan(1);
    expect(refused.map(({ reason, fault }) => [reason, fault?.pointer])).toEqual(
      Array(10).fill(["rejected", "/timestamp"]),
    );
    expect(new Set(delivered).size).toBe(4_990);
    await expectStored(ground, "broken", delivered);
    const { body } = await system.get("/v1/analytics/count?event_type=broken");
    expect(body.count).toBe(4_990);
  });

  it("a client over its rate limit waits as long as the API asks for", async () => {
    const { system, sql } = ground;
    const client = await system.newClient({ name: "slow", rate_limit_per_second: 100, burst: 50 });
    const { secret } = await system.newKey(client, { scopes: ["ingest"] });
    const { sender, send, delivered, codes } = collect(ground, { key: secret, maxInFlight: 1 });
    for (let n = 0; n < 300; n++) void send("limited", n);
    expect(await sender.close({ timeoutMs: 60_000 })).toEqual({ undelivered: [] });

    expect(codes()).toContain("rate-limited");
    await expectStored(ground, "limited", delivered);
    expect(delivered.length).toBe(300);
    const limited = codes().filter((code) => code === "rate-limited").length;
    const rows = () =>
      sql<{ status: number; next_ms: number | null }[]>`
        SELECT status, 1000 * extract(epoch FROM lead(at) OVER (ORDER BY at) - at)::float8 AS next_ms
        FROM audit_log WHERE client_id = ${client} AND route = '/v1/events'`;
    const refusals = async () => (await rows()).filter(({ status }) => status === 429);
    await expect.poll(async () => (await refusals()).length, POLL).toBe(limited);
    // Retry-After is at least one second.
    for (const { next_ms } of await refusals()) expect(next_ms).toBeGreaterThanOrEqual(1_000);
  });

  it("a process delivers its events before it exits", async () => {
    const { system, url } = ground;
    const program = startProgram(
      url,
      system.stack.apiKey,
      `const sender = new Sender({ url, key });
       for (let n = 0; n < 1_200; n++)
         sender.send({ event_id: "exit-" + n, event_type: "exit", payload: { n } });`,
    );
    expect(await program.ended, program.output()).toBe(0);
    await expectStored(
      ground,
      "exit",
      Array.from({ length: 1_200 }, (_, n) => `exit-${n}`),
    );
  });

  it("the command line sends lines, keeps the digits of numbers, and names the lines that failed", async () => {
    const { url, system, sql } = ground;
    const line = (id: string, others: string) =>
      `{"event_id":"${id}","event_type":"cli","payload":{"n":12345678901234567890}${others}}`;
    const lines = [line("cli-1", ""), "", "no JSON", line("cli-2", ',"color":1'), line("cli-3", "")];
    const input = [...lines, line("cli-4", ',"timestamp":"yesterday"')].join("\n");
    const env = { WEIR_API_KEY: system.stack.apiKey, WEIR_DATA_DIR: ground.dataDir };
    const rejected = join(await tempFolder("rejected"), "rejected.ndjson");
    const words = ["--json", "events", "send", "--url", url, "--rejected", rejected];
    const { code, out } = await weir(words, env, input);
    expect([code, JSON.parse(out)]).toEqual([
      1,
      expect.objectContaining({ records: 5, accepted: 2, duplicates: 0, rejected: 3, not_sent: 0 }),
    ]);
    const reasons = (await readFile(rejected, "utf8")).trim().split("\n");
    expect(reasons.map((text) => JSON.parse(text))).toMatchObject([
      { line: 3, detail: expect.stringMatching(/^It is not JSON: /), record: "no JSON" },
      { line: 4, detail: 'The event has an unknown member "color".' },
      { line: 6, code: "invalid-event", detail: expect.stringMatching(/timestamp must be/) },
    ]);
    await expectStored(ground, "cli", ["cli-1", "cli-3"]);
    const [first] = await sql`SELECT payload::text AS text FROM events WHERE event_id = 'cli-1'`;
    expect(first?.text).toContain("12345678901234567890");
  });

  it("the README's example runs, and the client reads what was sent", async () => {
    const { url, apiKey } = ground.system.stack;
    const readme = await readFile(new URL("../../../sdk/typescript/README.md", import.meta.url), "utf8");
    const example = /```ts\nimport .*? from "@weir\/client";\n([\s\S]*?)```/.exec(readme)?.[1] ?? "";
    const program = startProgram(
      url,
      apiKey,
      `const { createWeirClient } = await import(SDK);
       Object.assign(process.env, { WEIR_URL: url, WEIR_KEY: key });
       ${example}`,
    );
    expect(await program.ended, program.output()).toBe(0);
    const [, id = ""] = /event_id: '([^']+)'/.exec(program.output()) ?? [];
    expect(program.output()).toMatch(/accepted: 1,/);
    const weir = createWeirClient({ url, key: apiKey });
    const found = () =>
      weir.getEvent({ path: { event_id: id } }).then(
        ({ payload }) => payload,
        ({ code }: WeirError) => code,
      );
    await expect.poll(found, POLL).toEqual({ amount: 12.5 });
  });
});

it("with a queue that is full for a while, all events are stored once each", async () => {
  const ground = await start({ QUEUE_MAX_EVENTS: "300" });
  const { sender, send, delivered, refused, codes } = collect(ground, { maxBufferedEvents: 1_000 });
  // The worker's rate must be known, or the API asks for a wait of half a minute.
  await Promise.all(Array.from({ length: 50 }, (_, n) => send("full", n)));
  await expectStored(ground, "full", delivered);
  const sendAll = async (): Promise<void> => {
    for (let n = 50; n < 2_000; n++) {
      await sender.ready();
      expect(sender.buffered.events).toBeLessThan(1_000);
      void send("full", n);
    }
  };
  // Workers can't store anything while this lock is held.
  const sending = await ground.sql.begin(async (tx) => {
    await tx`LOCK TABLE pipeline_totals IN EXCLUSIVE MODE`;
    const sent = sendAll();
    await expect.poll(codes, POLL).toContain("queue-full");
    return { sent };
  });
  await sending.sent;
  expect(await sender.close({ timeoutMs: 180_000 })).toEqual({ undelivered: [] });
  expect(refused).toEqual([]);
  expect(delivered.length).toBe(2_000);
  await expectStored(ground, "full", delivered);
});
