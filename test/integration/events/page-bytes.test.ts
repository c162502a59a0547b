/** How many bytes of large events a page reads from PostgreSQL, counted on the connection. */
import { randomBytes } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { eventKey } from "../../../lib/base/ids.ts";
import * as contract from "../../../lib/events/contract.ts";
import { exportEvents } from "../../../lib/events/export-contract.ts";
import type { Operation } from "../../../lib/http/operation.ts";
import { listQuarantine } from "../../../lib/quarantine/quarantine.ts";
import { freshDeps } from "../../support/faults.ts";
import { listAll } from "../../support/http/pages.ts";
import { asker, insertMany } from "../../support/http/reading.ts";
import { addClient } from "../../support/pipeline.ts";
import { testConfig } from "../../support/servers/deps.ts";
import { tcpProxy } from "../../support/servers/tcp-proxy.ts";

const EVENT_BYTES = 1_000_000;
/** Overhead: messages of the protocol, and the columns beside the payload. */
const OVERHEAD_BYTES = 50_000;

const config = await testConfig();
const near = freshDeps(config);
const url = new URL(config.databaseUrl);
const proxy = await tcpProxy(Number(url.port));
url.port = String(proxy.port);
const far = freshDeps({ ...config, databaseUrl: url.href, databasePoolSize: 1 });
const ask = asker(far, (await addClient(near, "acme")).secret);

beforeAll(async () => {
  const texts = {
    small: "",
    // PostgreSQL compresses one to a hundredth of its bytes, and stores the other uncompressed.
    compressed: "x".repeat(EVENT_BYTES),
    incompressible: randomBytes(EVENT_BYTES / 2).toString("hex"),
  };
  for (const [event_type, text] of Object.entries(texts))
    await insertMany(near, 30, () => ({ event_type, payload: JSON.stringify({ text }) }));
});

/** Warms up, so that the statement is prepared and the key cached. */
beforeEach(async () => {
  await ask(contract.listEvents, { query: { event_type: "small" } });
});

async function bytesOf(run: () => Promise<unknown>): Promise<number> {
  const before = proxy.bytes();
  await run();
  return proxy.bytes() - before;
}

const PAGES: [name: string, operation: Operation, most: number][] = [
  ["a page", contract.listEvents, 2_000_000],
  ["a piece of an export", exportEvents, 4_000_000],
];

describe.each(["compressed", "incompressible"])("of %s events", (event_type) => {
  it.each(PAGES)("%s reads only what it returns", async (_, operation, most) => {
    let shown = 0;
    const read = await bytesOf(async () => {
      const { status, text } = await ask(operation, { query: { event_type } });
      expect(status).toBe(200);
      shown = text.length;
    });
    expect(shown).toBeGreaterThan(most - 2 * EVENT_BYTES);
    expect(shown).toBeLessThan(most);
    expect(read).toBeLessThan(shown + OVERHEAD_BYTES);
  });

  it("pages return every event once", async () => {
    const events = await listAll<{ event_id: string }>(ask, contract.listEvents, "events", { event_type });
    expect(events).toHaveLength(30);
    expect(new Set(events.map(({ event_id }) => event_id)).size).toBe(30);
  });
});

it("a page of the quarantine reads only what it returns", async () => {
  const line = Buffer.from(randomBytes(EVENT_BYTES / 2).toString("hex"));
  for (let n = 0; n < 10; n++)
    await near.sql`
      INSERT INTO quarantine (client_id, event_key, event, reason, detail, received_at, receipt_id)
      VALUES ('acme', ${eventKey(`large-${n}`)}, ${line}, '22P02', 'test', now(), gen_random_uuid())`;
  const list = async (): Promise<void> => {
    const { events, next_cursor } = await listQuarantine(far, { limit: 10 });
    expect(events).toHaveLength(2);
    expect(next_cursor).not.toBeNull();
  };
  await list();
  // Bytes are sent as hexadecimal digits.
  expect(await bytesOf(list)).toBeLessThan(2 * 2 * EVENT_BYTES + OVERHEAD_BYTES);
});
