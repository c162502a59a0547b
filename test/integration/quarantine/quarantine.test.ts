import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { closeDeps, createDeps, type Deps } from "../../../lib/app/connect.ts";
import { eventKey } from "../../../lib/base/ids.ts";
import type { Config } from "../../../lib/config/config.ts";
import * as contract from "../../../lib/quarantine/contract.ts";
import { listQuarantine, redrive } from "../../../lib/quarantine/quarantine.ts";
import { parseMessage } from "../../../lib/queue/message.ts";
import type { Outgoing } from "../../../lib/queue/port.ts";
import { drain } from "../../../lib/worker/process-batch.ts";
import { refuseEvents } from "../../support/erasures.ts";
import { addClient, anEvent, counts, drainAll, send, sendAndStore, stored } from "../../support/pipeline.ts";
import { QUEUES, queueConfig } from "../../support/queue/queues.ts";

let deps: Deps;

const cure = (): Promise<unknown> => deps.sql`DROP TRIGGER refuse ON events`;

async function start(queue: Config["queue"]): Promise<() => Promise<void>> {
  deps = createDeps(await queueConfig(queue));
  await refuseEvents(deps);
  return () => closeDeps(deps);
}

/** The test's queue with another way to send. */
const sendingBy = (send: Deps["queue"]["send"]): Deps => ({
  ...deps,
  queue: Object.assign(Object.create(deps.queue), { send }),
});

/** Adds a client with that many poisoned events in quarantine and one stored event. */
async function poisoned(clientId: string, count: number): Promise<string> {
  const { secret } = await addClient(deps, clientId);
  const events = Array.from({ length: count }, (_, n) => anEvent({ event_id: `poison-${clientId}-${n}` }));
  await sendAndStore(deps, secret, { events: [...events, anEvent()] });
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

const onTheirWay = async (): Promise<number> =>
  (await deps.sql`SELECT FROM quarantine WHERE redriven_at IS NOT NULL`).length;
/** Redrives with a limit that is never reached. @returns the number of events */
const redriveAll = async (others: object = {}, using = deps): Promise<number> =>
  (await redrive(using, { limit: 10_000, ...others })).redriven;
/** All pages of the quarantine. */
async function pages(limit: number) {
  const found: Awaited<ReturnType<typeof listQuarantine>>[] = [];
  do {
    found.push(await listQuarantine(deps, { limit, cursor: found.at(-1)?.next_cursor ?? undefined }));
  } while (found.at(-1)?.next_cursor);
  return found;
}

describe("GET /v1/quarantine", () => {
  beforeEach(() => start("redis"));

  it("lists refused events and reasons page by page, newest first, and counts reasons", async () => {
    await poisoned("shown", 5);
    await setAside("shown", Buffer.from("no line"));
    const shown = await pages(2);
    for (const page of shown) {
      expect(contract.listQuarantine.responses[200].safeParse(page).error).toBeUndefined();
      expect(page.reasons).toEqual([
        { reason: "P0001", count: 5 },
        { reason: "odd", count: 1 },
      ]);
    }
    const keys = shown.flatMap(({ events }) => events.map(({ event_key }) => event_key));
    expect([keys.length, new Set(keys).size]).toEqual([6, 6]);
    const { events } = await listQuarantine(deps, { limit: 1, reason: "P0001", client: "shown" });
    expect(events).toMatchObject([
      { client_id: "shown", event_type: "test.happened", payload: '{"n":1}', detail: 'not this: {"n":1}' },
    ]);
    expect(events[0]?.event_key).toBe(eventKey(events[0]?.event_id ?? ""));
    const none = await listQuarantine(deps, { limit: 9, client: "other" });
    expect(none).toEqual({ reasons: [], events: [], next_cursor: null });
    const invalid = listQuarantine(deps, { limit: 9, cursor: "nonsense" });
    await expect(invalid).rejects.toMatchObject({ status: 400 });
  });

  it("returns unreadable bytes as null, and keeps each page within the size of an answer", async () => {
    await addClient(deps, "large");
    const large = Buffer.from(`["large","t","2026-01-01T00:00:00Z"]\t{"a":"${'\\"'.repeat(400_000)}"}`);
    for (let n = 0; n < 6; n++) await setAside("large", large);
    for (const text of ["\xff\xfe\0", "[1,2,3]\t{}", '["a","b","c"]\t{\n}'])
      await setAside("large", Buffer.from(text, "latin1"));
    const shown = await pages(100);
    for (const page of shown) {
      for (const { event_id, payload } of page.events) expect(event_id === null).toBe(payload === null);
      expect(JSON.stringify(page).length).toBeLessThan(5_500_000);
    }
    expect(shown.map(({ events }) => events.length)).toEqual([5, 2, 2]);
  });
});

describe.each(QUEUES)("a redrive with QUEUE=%s", (queueName) => {
  beforeEach(() => start(queueName));

  it("stores what PostgreSQL now accepts, moves the counts, and keeps the rest with its newest reason", async () => {
    await poisoned("moved", 3);
    expect(await redriveAll()).toBe(3);
    expect(await onTheirWay()).toBe(3);
    await drainAll(deps);
    // Still refused: back in quarantine, and ready for the next attempt.
    expect(await counts(deps, "moved")).toMatchObject({ events: 1, quarantine: 3, quarantined: 3 });
    expect(await onTheirWay()).toBe(0);
    await cure();
    expect(await redriveAll()).toBe(3);
    await drainAll(deps);
    expect(await counts(deps, "moved")).toMatchObject(stored(4, { accepted: 4, duplicates: 0 }));
    expect(await redriveAll()).toBe(0);
  });

  it("queues each event once when two, or ten, run concurrently", async () => {
    const secret = await poisoned("twice", 400);
    await cure();
    const results = await Promise.all(Array.from({ length: 10 }, () => redriveAll({ limit: 1_000 })));
    expect(results.reduce((sum, redriven) => sum + redriven, 0)).toBe(400);
    expect((await deps.queue.depth()).events).toBe(400);
    await Promise.all([drainAll(deps, 1), drainAll(deps, 1)]);
    expect(await counts(deps, "twice")).toMatchObject(stored(401, { duplicates: 0 }));
    expect((await send(deps, secret, anEvent())).status).toBe(202);
  });

  it("counts each event once when its message is delivered ten times at once, and again later", async () => {
    await poisoned("redelivered", 20);
    await cure();
    await redriveAll();
    const messages = await deps.queue.receive({ maxMessages: 10, waitMs: 0 });
    await Promise.all(Array.from({ length: 10 }, () => drain(messages, deps)));
    await drain(messages, deps);
    const once = { events: 21, stored: 21, quarantined: 0, duplicates: 0 };
    expect(await counts(deps, "redelivered")).toMatchObject(once);
  });

  it("loses nothing when a worker gets the message before the redrive commits", async () => {
    await poisoned("fast", 10);
    await cure();
    let worker: Promise<unknown> = Promise.resolve();
    const fast = sendingBy(async (messages) => {
      await deps.queue.send(messages);
      worker = drainAll(deps);
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    expect(await redriveAll({}, fast)).toBe(10);
    await worker;
    expect(await counts(deps, "fast")).toMatchObject({ events: 11, stored: 11, quarantine: 0 });
  });

  it("changes nothing when the queue refuses it", async () => {
    await poisoned("kept", 5);
    const away = sendingBy(() => Promise.reject(new Error("away")));
    await expect(redriveAll({}, away)).rejects.toMatchObject({
      code: "queue-unavailable",
      headers: { "retry-after": expect.any(String) },
    });
    expect(await onTheirWay()).toBe(0);
    expect(await redriveAll()).toBe(5);
  });

  it("takes as many events as its limit, oldest first, and lost ones again after ten minutes", async () => {
    await poisoned("mine", 5);
    await poisoned("yours", 2);
    expect(await redriveAll({ client: "yours", reason: "22007" })).toBe(0);
    expect(await redriveAll({ client: "yours", reason: "P0001" })).toBe(2);
    const event_keys = [eventKey("poison-mine-3").toUpperCase(), randomUUID()];
    expect(await redriveAll({ event_keys })).toBe(1);
    expect(await redriveAll({ limit: 3 })).toBe(3);
    expect(await redriveAll()).toBe(1);
    expect(await redriveAll()).toBe(0);
    await deps.sql`UPDATE quarantine SET redriven_at = now() - interval '11 minutes' WHERE client_id = 'yours'`;
    expect(await redriveAll()).toBe(2);
  });

  it("packs messages within a request's limits, and skips what it can't read", async () => {
    await addClient(deps, "packed");
    const line = (id: string, size: number): Buffer =>
      Buffer.from(`["${id}","t","2026-01-01T00:00:00Z"]\t{"a":"${"x".repeat(size)}"}`);
    for (const text of ["no line", "[1,2,3]\t{}", '["a","b","c"]\t{\n}', "\xff\0"])
      await setAside("packed", Buffer.from(text, "latin1"));
    await setAside("packed", line("key of another id", 1));
    await deps.sql`
      INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id)
      SELECT 'packed', encode(substring(sha256(convert_to('id-' || n, 'UTF8')), 1, 16), 'hex')::uuid,
             convert_to('["id-' || n || '","t","2026-01-01T00:00:00Z"]' || chr(9) || '{}', 'UTF8'), 'odd', 'odd', now(), ${randomUUID()}
        FROM generate_series(1, 1500) n`;
    for (let n = 0; n < 20; n++) await setAside("packed", line(`big-${n}`, 700_000), eventKey(`big-${n}`));
    const sent: Outgoing[] = [];
    const packing = sendingBy(async (messages) => void sent.push(...messages));
    expect(await redriveAll({}, packing)).toBe(1_520);
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
