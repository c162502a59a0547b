/** OTLP requests as the official SDK makes them, and their way through the ingest function. */
import type { LogAttributes, Logger } from "@opentelemetry/api-logs";
import { JsonLogsSerializer, ProtobufLogsSerializer } from "@opentelemetry/otlp-transformer";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  InMemoryLogRecordExporter,
  LoggerProvider,
  type ReadableLogRecord,
  SimpleLogRecordProcessor,
} from "@opentelemetry/sdk-logs";
import type { Deps } from "../../lib/app/connect.ts";
import { httpHandler } from "../../lib/app/handler.ts";
import { serve } from "../../lib/http/call.ts";
import { sendLogs } from "../../lib/ingest/otlp/contract.ts";
import { receiveLogs, refuseLogs } from "../../lib/ingest/otlp/otlp.ts";
import { JSON_TYPE, PROTOBUF_TYPE } from "../../lib/ingest/otlp/types.ts";
import { ingestEvent } from "./http/ingest-handler.ts";
import { context } from "./pipeline.ts";

/** The official serializers, by the media type of what they make. */
export const SERIALIZERS = {
  [PROTOBUF_TYPE]: ProtobufLogsSerializer,
  [JSON_TYPE]: JsonLogsSerializer,
} as const;
export type Encoding = keyof typeof SERIALIZERS;
export const ENCODINGS: readonly Encoding[] = [PROTOBUF_TYPE, JSON_TYPE];

/** The log records that a program logs, as exporters get them. */
export function recorded(
  log: (logger: Logger) => void,
  attributes: LogAttributes = { "service.name": "shop" },
): ReadableLogRecord[] {
  const exporter = new InMemoryLogRecordExporter();
  const provider = new LoggerProvider({
    resource: resourceFromAttributes(attributes as Record<string, string>),
    processors: [new SimpleLogRecordProcessor({ exporter })],
  });
  log(provider.getLogger("orders", "1.2.3", { schemaUrl: "https://shop.example/schema" }));
  return exporter.getFinishedLogRecords();
}

export const encode = (records: ReadableLogRecord[], encoding: Encoding): Buffer =>
  Buffer.from(SERIALIZERS[encoding].serializeRequest(records) ?? []);

export interface LogsAnswer {
  status: number;
  headers: Record<string, unknown>;
  body: Buffer;
}

/** Sends a request through the ingest function's own stack, as bytes. */
export async function postLogs(
  deps: Deps,
  secret: string | undefined,
  body: Buffer,
  headers: Record<string, string>,
): Promise<LogsAnswer> {
  const handler = httpHandler(() => deps, [serve(sendLogs, receiveLogs, refuseLogs)]);
  const event = ingestEvent(secret, body, headers, { route: "/v1/logs" });
  const {
    statusCode = 0,
    headers: answered = {},
    body: text = "",
    isBase64Encoded,
  } = await handler(event, context);
  return {
    status: statusCode,
    headers: answered,
    body: Buffer.from(text, isBase64Encoded ? "base64" : "utf8"),
  };
}
