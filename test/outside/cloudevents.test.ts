/** The official Python SDK of CloudEvents sends to the running system. */
import postgres from "postgres";
import { expect, it } from "vitest";
import { atEnd } from "../support/cleanup.ts";
import { mustRun } from "../support/command.ts";
import { pythonTool } from "../support/python-tool.ts";
import { testSystem } from "../support/servers/system.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const VERSION = "2.2.0";
const PROGRAM = new URL("./cloudevents_send.py", import.meta.url).pathname;

it("each message of the Python SDK is stored once, in both modes, though it is sent ten times", async () => {
  const { python } = await pythonTool(PROJECT, "cloudevents", VERSION);
  const { stack } = await testSystem();
  await mustRun(python, [PROGRAM, `${stack.url}/v1/events`, stack.apiKey], {
    cwd: PROJECT,
    env: process.env,
  });
  const sql = postgres(stack.databaseUrl, { max: 1 });
  atEnd(() => sql.end());
  const stored = () =>
    sql`SELECT event_id, event_type, payload::text FROM events WHERE event_type LIKE 'python.%' ORDER BY event_type`;
  await expect.poll(async () => (await stored()).length, { timeout: 30_000 }).toBe(4);
  const payloads = (await stored()).map(({ event_id, event_type, payload }) => [
    event_id,
    event_type,
    JSON.parse(payload),
  ]);
  const attributes = { specversion: "1.0", source: "/python", subject: "Größe 1" };
  expect(payloads).toMatchObject([
    ["/python binary-bytes", "python.binary-bytes", { ...attributes, data_base64: "AP8B" }],
    ["/python binary-json", "python.binary-json", { ...attributes, data: { amount: 12.5 } }],
    ["/python structured-bytes", "python.structured-bytes", { ...attributes, data_base64: "AP8B" }],
    ["/python structured-json", "python.structured-json", { ...attributes, data: { amount: 12.5 } }],
  ]);
});
