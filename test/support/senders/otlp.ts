/** The official exporters of OpenTelemetry for logs. */
import { OTLPLogExporter as JsonExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPLogExporter as ProtobufExporter } from "@opentelemetry/exporter-logs-otlp-proto";
import {
  BatchLogRecordProcessor,
  LoggerProvider,
  type LogRecordExporter,
  type ReadableLogRecord,
} from "@opentelemetry/sdk-logs";
import type { Run, Sender } from "./run.ts";

/** Records in a request. */
const BATCH = 10;
const SUCCESS = 0;
const bodyOf = ({ body }: ReadableLogRecord): string => String(body);

/** An exporter that notes what it reports as delivered, and repeats what it gives up. */
class Noted implements LogRecordExporter {
  readonly #exporter: LogRecordExporter;
  readonly #run: Run;
  constructor(exporter: LogRecordExporter, run: Run) {
    this.#exporter = exporter;
    this.#run = run;
  }
  export(records: ReadableLogRecord[], done: Parameters<LogRecordExporter["export"]>[1]): void {
    this.#exporter.export(records, (result) => {
      if (result.code === SUCCESS) {
        this.#run.delivered.push(...records.map(bodyOf));
        return done(result);
      }
      this.#run.errors?.push(String(result.error?.message));
      setTimeout(() => this.export(records, done), 100);
    });
  }
  forceFlush(): Promise<void> {
    return this.#exporter.forceFlush();
  }
  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }
}

const sender =
  (Exporter: typeof JsonExporter | typeof ProtobufExporter, compression: "gzip" | "none"): Sender =>
  async ({ url, secret }, goOn) => {
    const run: Run = { sent: [], delivered: [], errors: [] };
    const exporter = new Exporter({
      url: `${url}/v1/logs`,
      headers: { authorization: `Bearer ${secret}` },
      compression: compression as never,
    });
    const processor = new BatchLogRecordProcessor({
      exporter: new Noted(exporter, run),
      maxExportBatchSize: BATCH,
      scheduledDelayMillis: 20,
      exportTimeoutMillis: 120_000,
    });
    const provider = new LoggerProvider({ processors: [processor] });
    const logger = provider.getLogger("test");
    while (goOn()) {
      for (let n = 0; n < BATCH; n++) {
        const body = `record ${run.sent.length}`;
        run.sent.push(body);
        logger.emit({ eventName: "logged", body });
      }
      await provider.forceFlush();
    }
    await provider.shutdown();
    return run;
  };

export const otlpJson = sender(JsonExporter, "gzip");
export const otlpProtobuf = sender(ProtobufExporter, "none");
