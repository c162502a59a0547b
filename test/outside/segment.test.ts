/** Segment's SDK for Python sends to the running system. Through failures: test/outside/senders.test.ts. */
import postgres from "postgres";
import { beforeAll, expect, it } from "vitest";
import { atEnd } from "../support/cleanup.ts";
import { mustRun } from "../support/command.ts";
import { pythonTool } from "../support/python-tool.ts";
import { type System, testSystem } from "../support/servers/system.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const VERSION = "2.4.0";
const PROGRAM = new URL("./segment_send.py", import.meta.url).pathname;

let system: System;
let python: string;
beforeAll(async () => {
  [system, { python }] = await Promise.all([
    testSystem(),
    pythonTool(PROJECT, "segment-analytics-python", VERSION),
  ]);
});

/** Runs the sender as a client of its own. @returns what it believes delivered, and what is there */
async function run(encoding: string) {
  const id = await system.newClient({ name: encoding });
  const { secret } = await system.newKey(id, { scopes: ["ingest"] });
  const output = await mustRun(python, [PROGRAM, system.stack.url, secret, encoding], {
    cwd: PROJECT,
    env: process.env,
  });
  const ask = async (path: string) => (await system.get(`${path}?client=${id}`, system.stack.adminKey)).body;
  await expect.poll(() => ask("/v1/pipeline"), { timeout: 60_000 }).toMatchObject({ pending: 0 });
  const sql = postgres(system.stack.databaseUrl, { max: 1 });
  atEnd(() => sql.end());
  const rows = await sql`
    SELECT event_id, event_type, payload::text FROM events WHERE client_id = ${id} ORDER BY event_id`;
  const aside: { event_id: string }[] = (await ask("/v1/quarantine")).events;
  return {
    delivered: JSON.parse(output) as string[],
    types: rows.map(({ event_type }) => event_type),
    payloads: rows.map(({ payload }) => JSON.parse(payload)),
    kept: [...rows, ...aside].map(({ event_id }) => event_id).toSorted(),
    quarantined: aside.map(({ event_id }) => event_id),
  };
}

it.each(["plain", "gzip"])(
  "each request of the SDK that is sent ten times is stored once, and a call that is too long is in quarantine once: %s",
  async (encoding) => {
    const result = await run(encoding);
    expect(result.types).toEqual(["track:Größe bestellt", "identify", "page", "screen", "group", "alias"]);
    expect(result.payloads[0]).toMatchObject({ userId: "user-1", properties: { total: 12.5 } });
    expect(result.quarantined).toEqual([`ten-${encoding}-006`]);
    expect(result.kept).toEqual(result.delivered);
    expect(result.kept).toHaveLength(7);
  },
);
