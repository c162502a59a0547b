/** The Python library of Standard Webhooks signs deliveries to the running system, and checks what is stored. */
import postgres from "postgres";
import { beforeAll, expect, it } from "vitest";
import { atEnd } from "../support/cleanup.ts";
import { mustRun } from "../support/command.ts";
import { pythonTool } from "../support/python-tool.ts";
import { type System, testSystem } from "../support/servers/system.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const VERSION = "1.1.0";
const PROGRAM = new URL("./webhooks_send.py", import.meta.url).pathname;

let system: System;
let python: string;
beforeAll(async () => {
  [system, { python }] = await Promise.all([testSystem(), pythonTool(PROJECT, "standardwebhooks", VERSION)]);
});

it("each delivery that is sent ten times is stored once, a changed byte is 401, and what is stored proves it", async () => {
  const { stack, api, get, newClient } = system;
  const client = await newClient({ name: "python" });
  const path = `/v1/clients/${client}/webhooks`;
  const made = await api.call("POST", path, {
    key: stack.adminKey,
    body: { source: "python", kind: "standard" },
  });
  const run = async (...words: string[]): Promise<string> =>
    mustRun(python, [PROGRAM, made.body.secret, ...words], { cwd: PROJECT, env: process.env });
  const sent = JSON.parse(await run("send", new URL(made.body.path, stack.url).href)) as Record<
    string,
    string
  >;
  expect(Object.keys(sent)).toHaveLength(5);
  await expect
    .poll(async () => (await get(`/v1/pipeline?client=${client}`, stack.adminKey)).body, { timeout: 60_000 })
    .toMatchObject({ pending: 0, stored: 5, quarantined: 0 });
  const sql = postgres(stack.databaseUrl, { max: 1 });
  atEnd(() => sql.end());
  const rows = await sql<{ event_id: string; event_type: string; payload: string }[]>`
    SELECT event_id, event_type, payload::text AS payload FROM events WHERE client_id = ${client} ORDER BY event_id`;
  const payloads = rows.map(({ payload }) => JSON.parse(payload));
  expect(Object.fromEntries(rows.map(({ event_id }, n) => [event_id, payloads[n].body]))).toEqual(sent);
  expect(rows[0]?.event_type).toBe("contact.created");
  for (const { body, headers } of payloads)
    expect(await run("verify", JSON.stringify({ body, headers }))).toBe("valid");
});
