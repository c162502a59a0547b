import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../../lib/app/connect.ts";
import { eventKey } from "../../../lib/base/ids.ts";
import type { Config } from "../../../lib/config/config.ts";
import * as contract from "../../../lib/quarantine/contract.ts";
import { listQuarantine, redrive } from "../../../lib/quarantine/quarantine.ts";
import { parseMessage } from "../../../lib/queue/message.ts";
import type { Outgoing } from "../../../lib/queue/port.ts";
import { drain } from "../../../lib/worker/settle-batch.ts";
import { addClient, anEvent, counts, drainAll, send } from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

let deps: Deps;

/** Makes PostgreSQL refuse events whose id begins with `poison` until it is removed. */
const poison = (): Promise<unknown> =>
  deps.sql.unsafe(`
    CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'poisoned'; END $$;
    CREATE OR REPLACE TRIGGER refuse BEFORE INSERT ON events FOR EACH ROW
      WHEN (starts_with(NEW.event_id, 'poison')) EXECUTE FUNCTION refuse()`);
const cure = (): Promise<unknown> => deps.sql`DROP TRIGGER refuse ON events`;

async function start(queue: Config["queue"]): Promise<() => Promise<void>> {
  deps = createDeps(await queueConfig(queue));
  await poison();
  return () => closeDeps(deps);
}

/** Adds a client with that many poisoned events in quarantine and one stored event. */
async function poisoned(clientId: string, count: number): Promise<string> {
  const { secret } = await addClient(deps, clientId);
  const events = Array.from({ length: count }, (_, n) => anEvent({ event_id: `poison-${clientId}-${n}` }));
  await send(deps, secret, { events: [...events, anEvent()] });
  await drainAll(deps);
  expect(await counts(deps, clientId)).toMatchObject({ quarantine: count, quarantined: count, events: 1 });
  return secret;
}

/** Writes a row as the worker would, but with any bytes. */
async function setAside(clientId: string, bytes: Buffer, key: string = randomUUID()): Promise<string> {
  await deps.sql`
    INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id)
    VALUES (${clientId}, ${key}, ${bytes}, 'odd', 'odd', now(), ${randomUUID()})`;
  return key;
}

const onTheirWay = async (): Promise<number> => {
  const [row] = await deps.sql`SELECT count(*)::int AS rows FROM quarantine WHERE redriven_at IS NOT NULL`;
  return Number(row?.rows);
};

describe("GET /v1/quarantine", () => {
  beforeEach(() => start("redis"));

  it("lists refused events and reasons page by page, newest first, and counts reasons", async () => {
    await poisoned("shown", 5);
    await setAside("shown", Buffer.from("no line"));
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await listQuarantine(deps, { limit: 2, cursor });
      expect(contract.listQuarantine.responses[200].safeParse(page).error).toBeUndefined();
      expect(page.reasons).toEqual([
        { reason: "P0001", count: 5 },
        { reason: "odd", count: 1 },
      ]);
      seen.push(...page.events.map(({ event_key }) => event_key));
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(new Set(seen).size).toBe(6);
    expect(seen).toHaveLength(6);
    const page = await listQuarantine(deps, { limit: 1, reason: "P0001", client: "shown" });
    expect(page.events).toMatchObject([
      { client_id: "shown", event_type: "test.happened", payload: '{"n":1}', detail: "poisoned" },
    ]);
    expect(page.events[0]?.event_key).toBe(eventKey(page.events[0]?.event_id ?? ""));
    expect(await listQuarantine(deps, { limit: 9, client: "other" })).toEqual({
      reasons: [],
      events: [],
      next_cursor: null,
    });
    await expect(listQuarantine(deps, { limit: 9, cursor: "nonsense" })).rejects.toMatchObject({
      status: 400,
    });
  });

  it("returns unreadable bytes as null, and keeps each page within the size of an answer", async () => {
    await addClient(deps, "large");
    const large = Buffer.from(`["large","t","2026-01-01T00:00:00Z"]\t{"a":"${'\\"'.repeat(400_000)}"}`);
    for (let n = 0; n < 6; n++) await setAside("large", large);
    for (const bytes of [
      Buffer.from([0xff, 0xfe, 0]),
      Buffer.from("[1,2,3]\t{}"),
      Buffer.from('["a","b","c"]\t{\n}'),
    ])
      await setAside("large", bytes);
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const page = await listQuarantine(deps, { limit: 100, cursor });
      for (const { event_id, payload } of page.events) expect(event_id === null).toBe(payload === null);
      sizes.push(page.events.length);
      expect(JSON.stringify(page).length).toBeLessThan(5_500_000);
      cursor = page.next_cursor ?? undefined;
    } while (cursor);
    expect(sizes).toEqual([5, 2, 2]);
  });
});

describe.each(QUEUES)("a redrive with QUEUE=%s", (queueName) => {
  beforeEach(() => start(queueName));

  it("stores what PostgreSQL now accepts, moves the counts, and keeps the rest with its newest reason", async () => {
    await poisoned("moved", 3);
    expect(await redrive(deps, { limit: 100 })).toEqual({ redriven: 3 });
    expect(await onTheirWay()).toBe(3);
    await drainAll(deps);
    // Still refused: back in quarantine, and ready for the next attempt.
    expect(await counts(deps, "moved")).toMatchObject({ events: 1, quarantine: 3, quarantined: 3 });
    expect(await onTheirWay()).toBe(0);
    await cure();
    expect(await redrive(deps, { limit: 100 })).toEqual({ redriven: 3 });
    await drainAll(deps);
    expect(await counts(deps, "moved")).toMatchObject({
      events: 4,
      ledger: 4,
      minutes: 4,
      accepted: 4,
      stored: 4,
      duplicates: 0,
      quarantine: 0,
      quarantined: 0,
    });
    expect(await redrive(deps, { limit: 100 })).toEqual({ redriven: 0 });
  });

  it("queues each event once when two, or ten, run concurrently", async () => {
    const secret = await poisoned("twice", 400);
    await cure();
    const results = await Promise.all(Array.from({ length: 10 }, () => redrive(deps, { limit: 1_000 })));
    expect(results.reduce((sum, { redriven }) => sum + redriven, 0)).toBe(400);
    expect((await deps.queue.depth()).events).toBe(400);
    await Promise.all([drainAll(deps, 1), drainAll(deps, 1)]);
    expect(await counts(deps, "twice")).toMatchObject({
      events: 401,
      stored: 401,
      quarantine: 0,
      duplicates: 0,
    });
    expect((await send(deps, secret, anEvent())).status).toBe(202);
  });

  it("counts each event once when its message is delivered ten times at once, and again later", async () => {
    await poisoned("redelivered", 20);
    await cure();
    await redrive(deps, { limit: 100 });
    const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 0 });
    await Promise.all(Array.from({ length: 10 }, () => drain(messages, deps)));
    await drain(messages, deps);
    expect(await counts(deps, "redelivered")).toMatchObject({
      events: 21,
      stored: 21,
      quarantined: 0,
      duplicates: 0,
    });
  });

  it("loses nothing when a worker gets the message before the redrive commits", async () => {
    await poisoned("fast", 10);
    await cure();
    let worker: Promise<unknown> = Promise.resolve();
    const queue = Object.create(deps.queue) as Deps["queue"];
    queue.send = async (messages) => {
      await deps.queue.send(messages);
      worker = drainAll(deps);
      await new Promise((resolve) => setTimeout(resolve, 200));
    };
    expect(await redrive({ ...deps, queue }, { limit: 100 })).toEqual({ redriven: 10 });
    await worker;
    expect(await counts(deps, "fast")).toMatchObject({ events: 11, stored: 11, quarantine: 0 });
  });

  it("changes nothing when the queue refuses it", async () => {
    await poisoned("kept", 5);
    const queue = Object.create(deps.queue) as Deps["queue"];
    queue.send = () => Promise.reject(new Error("away"));
    await expect(redrive({ ...deps, queue }, { limit: 100 })).rejects.toMatchObject({
      code: "queue-unavailable",
      headers: { "retry-after": expect.any(String) },
    });
    expect(await onTheirWay()).toBe(0);
    expect(await redrive(deps, { limit: 100 })).toEqual({ redriven: 5 });
  });

  it("takes as many events as its limit, oldest first, and lost ones again after ten minutes", async () => {
    await poisoned("mine", 5);
    await poisoned("yours", 2);
    expect(await redrive(deps, { client: "yours", reason: "22007", limit: 100 })).toEqual({ redriven: 0 });
    expect(await redrive(deps, { client: "yours", reason: "P0001", limit: 100 })).toEqual({ redriven: 2 });
    const keys = [eventKey("poison-mine-3").toUpperCase(), randomUUID()];
    expect(await redrive(deps, { event_keys: keys, limit: 100 })).toEqual({ redriven: 1 });
    expect(await redrive(deps, { limit: 3 })).toEqual({ redriven: 3 });
    expect(await redrive(deps, { limit: 100 })).toEqual({ redriven: 1 });
    expect(await redrive(deps, { limit: 100 })).toEqual({ redriven: 0 });
    await deps.sql`UPDATE quarantine SET redriven_at = now() - interval '11 minutes' WHERE client_id = 'yours'`;
    expect(await redrive(deps, { limit: 100 })).toEqual({ redriven: 2 });
  });

  it("packs messages within a request's limits, and skips what it can't read", async () => {
    await addClient(deps, "packed");
    const line = (id: string, size: number): Buffer =>
      Buffer.from(`["${id}","t","2026-01-01T00:00:00Z"]\t{"a":"${"x".repeat(size)}"}`);
    for (const bytes of ["no line", "[1,2,3]\t{}", '["a","b","c"]\t{\n}'])
      await setAside("packed", Buffer.from(bytes));
    await setAside("packed", Buffer.from([0xff, 0x00]));
    await setAside("packed", line("key of another id", 1));
    await deps.sql`
      INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id)
      SELECT 'packed', encode(substring(sha256(convert_to('id-' || n, 'UTF8')), 1, 16), 'hex')::uuid,
             convert_to('["id-' || n || '","t","2026-01-01T00:00:00Z"]' || chr(9) || '{}', 'UTF8'), 'odd', 'odd', now(), ${randomUUID()}
        FROM generate_series(1, 1500) n`;
    for (let n = 0; n < 20; n++) await setAside("packed", line(`big-${n}`, 700_000), eventKey(`big-${n}`));
    const sent: Outgoing[] = [];
    const queue = Object.create(deps.queue) as Deps["queue"];
    queue.send = async (messages) => void sent.push(...messages);
    expect(await redrive({ ...deps, queue }, { limit: 10_000 })).toEqual({ redriven: 1_520 });
    const parsed = sent.map(({ body }) => parseMessage(body));
    expect(parsed.flatMap(({ lines }) => lines)).toHaveLength(1_520);
    expect(new Set(parsed.map(({ header }) => header.id)).size).toBe(sent.length);
    for (const [index, { body, events }] of sent.entries()) {
      expect(parsed[index]?.header).toMatchObject({ v: 1, redrive: "packed" });
      expect(events).toBe(parsed[index]?.lines.length);
      expect(events).toBeLessThanOrEqual(1_000);
      expect(body.length).toBeLessThan(1_048_576 + 200);
    }
    expect(await deps.sql`SELECT 1 FROM quarantine WHERE redriven_at IS NULL`).toHaveLength(5);
  });
});
