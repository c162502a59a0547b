/** The official exporter of OpenTelemetry for Python sends to the running system. */
import postgres from "postgres";
import { expect, it } from "vitest";
import { atEnd } from "../support/cleanup.ts";
import { mustRun } from "../support/command.ts";
import { pythonTool } from "../support/python-tool.ts";
import { testSystem } from "../support/servers/system.ts";

const PROJECT = new URL("../..", import.meta.url).pathname;
const VERSION = "1.45.2";
const PROGRAM = new URL("./otlp_send.py", import.meta.url).pathname;

it("each request of the Python exporter is stored once with every field, though it is sent ten times", async () => {
  const { python } = await pythonTool(PROJECT, "opentelemetry-exporter-otlp-proto-http", VERSION);
  const { stack } = await testSystem();
  await mustRun(python, [PROGRAM, `${stack.url}/v1/logs`, stack.apiKey], { cwd: PROJECT, env: process.env });
  const sql = postgres(stack.databaseUrl, { max: 1 });
  atEnd(() => sql.end());
  const stored = () => sql`SELECT event_id, event_type, payload::text FROM events WHERE client_id = 'demo'`;
  await expect.poll(async () => (await stored()).length, { timeout: 30_000 }).toBe(202);
  const rows = await stored();
  const bodies = rows.flatMap(({ event_type, payload }) =>
    event_type === "log" ? JSON.parse(payload).body : [],
  );
  const expected = ["plain", "gzip"].flatMap((name) => Array.from({ length: 100 }, (_, n) => `${name} ${n}`));
  expect(bodies.toSorted()).toEqual(expected.toSorted());
  const whole = rows.find(({ event_id }) => event_id === "python-every-field");
  expect(whole?.payload).toContain('"int":-9223372036854775808');
  expect(whole).toMatchObject({ event_type: "python.every-field" });
  expect(JSON.parse(whole?.payload)).toEqual({
    body: {
      int: -(2 ** 63),
      double: 0.1,
      "not a number": "NaN",
      bytes: { bytes_value: "AP8=" },
      list: ["a", null],
    },
    time_unix_nano: expect.any(Number),
    observed_time_unix_nano: expect.any(Number),
    severity_number: 24,
    severity_text: "Größe",
    attributes: { "log.record.uid": "python-every-field" },
    dropped_attributes_count: 3,
    flags: 0x101,
    trace_id: "0af7651916cd43dd8448eb211c80319c",
    span_id: "b7ad6b7169203331",
    resource: {
      attributes: { "service.name": "python" },
      dropped_attributes_count: 1,
      entity_refs: [
        {
          type: "service",
          id_keys: ["service.name"],
          description_keys: ["a"],
          schema_url: "https://a.example/entity",
        },
      ],
      schema_url: "https://a.example/resource",
    },
    scope: {
      name: "scope",
      version: "1.0",
      attributes: { scoped: true },
      dropped_attributes_count: 2,
      schema_url: "https://a.example/scope",
    },
  });
});
