/**
 * The official exporters of OpenTelemetry send to the complete system, whose server dies meanwhile, whose answers are lost, and
 * which refuses with 429 and 503. What an exporter believes delivered is stored once.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordExporter,
  type ReadableLogRecord,
} from "@opentelemetry/sdk-logs";
import postgres from "postgres";
import { describe, expect, it } from "vitest";
import { atEnd } from "../support/cleanup.ts";
import { QUEUES } from "../support/queue/queues.ts";
import { testSystem } from "../support/servers/system.ts";
import { behindProxy } from "../support/servers/tcp-proxy.ts";
import { tempFolder } from "../support/servers/temp-folder.ts";

const EXPORTERS = { json: JsonExporter, protobuf: ProtobufExporter };
/** Records in a batch, and batches of each exporter. */
const BATCH = 25;
const ROUNDS = 8;
const SUCCESS = 0;
const bodyOf = ({ body }: ReadableLogRecord): string => String(body);

/** An exporter that notes what it reports as delivered, and repeats what it does not. */
class Noted implements LogRecordExporter {
  readonly delivered: string[] = [];
  failures = 0;
  readonly #exporter: LogRecordExporter;
  constructor(exporter: LogRecordExporter) {
    this.#exporter = exporter;
  }
  export(records: ReadableLogRecord[], done: Parameters<LogRecordExporter["export"]>[1]): void {
    this.#exporter.export(records, (result) => {
      if (result.code === SUCCESS) this.delivered.push(...records.map(bodyOf));
      else this.failures++;
      if (result.code === SUCCESS || this.failures > 50) return done(result);
      setTimeout(() => this.export(records, done), 200);
    });
  }
  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush();
  }
  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}

describe.each(QUEUES)("with QUEUE=%s", (queue) => {
  it("what the exporters believe delivered is stored once, though the server dies and answers are lost", async () => {
    const dataDir = await tempFolder("otlp");
    // Too little for two batches at once: 503.
    const { stack, newClient, newKey } = await testSystem({ QUEUE_MAX_EVENTS: "40" }, { dataDir, queue });
    // A limit that is reached now and then: 429.
    const client = await newClient({
      client_id: "logs",
      name: "Logs",
      rate_limit_per_second: 60,
      burst: 60,
    });
    const { secret } = await newKey(client, { scopes: ["ingest"] });
    const { url, proxy } = await behindProxy(stack.url);
    const pid = async (): Promise<number> => Number(await readFile(join(dataDir, "api.pid"), "utf8"));
    const first = await pid();
    const logged: string[] = [];
    const pipelines = ["json", "protobuf", "json again", "protobuf again"].map((name) => {
      const Exporter = EXPORTERS[name.split(" ")[0] as keyof typeof EXPORTERS];
      const exporter = new Noted(
        new Exporter({
          url: new URL("/v1/logs", url).href,
          headers: { authorization: `Bearer ${secret}` },
          compression: (name.startsWith("json") ? "gzip" : "none") as never,
        }),
      );
      const processor = new BatchLogRecordProcessor({
        exporter,
        maxExportBatchSize: BATCH,
        scheduledDelayMillis: 20,
        exportTimeoutMillis: 120_000,
      });
      return { name, exporter, provider: new LoggerProvider({ processors: [processor] }) };
    });
    for (let round = 0; round < ROUNDS; round++) {
      for (const { name, provider } of pipelines)
        for (let n = 0; n < BATCH; n++) {
          const body = `${name} ${round} ${n}`;
          logged.push(body);
          provider.getLogger("test").emit({ eventName: "logged", body });
        }
      if (round % 3 === 1) proxy.loseNextReply();
      if (round === 4) process.kill(first, "SIGKILL");
      await Promise.all(pipelines.map(({ provider }) => provider.forceFlush()));
    }
    await Promise.all(pipelines.map(({ provider }) => provider.shutdown()));
    expect(await pid()).not.toBe(first);
    expect(proxy.lost()).toBeGreaterThan(1);
    const delivered = pipelines.flatMap(({ exporter }) => exporter.delivered);
    expect(delivered.toSorted()).toEqual(logged.toSorted());

    const sql = postgres(stack.databaseUrl, { max: 1 });
    atEnd(() => sql.end());
    const stored = async (): Promise<string[]> =>
      (await sql`SELECT payload->>'body' AS body FROM events WHERE event_type = 'logged'`).map(
        ({ body }) => body,
      );
    await expect
      .poll(async () => (await stored()).length, { timeout: 60_000 })
      .toBeGreaterThanOrEqual(logged.length);
    expect((await stored()).toSorted()).toEqual(logged.toSorted());
    const calls = await sql`SELECT DISTINCT status FROM audit_log WHERE route = '/v1/logs' ORDER BY status`;
    expect(calls.map(({ status }) => status)).toEqual([200, 429, 503]);
  });
});
