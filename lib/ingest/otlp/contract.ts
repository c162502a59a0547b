import * as z from "zod";
import { operation } from "../../http/operation.ts";
import { problemSchema } from "../../http/problem-schema.ts";
import { JSON_TYPE, PROTOBUF_TYPE } from "./types.ts";

const bytes = z.string().meta({ format: "binary" });

const requestSchema = z
  .looseObject({
    resourceLogs: z
      .array(
        z.looseObject({
          resource: z.looseObject({}).optional(),
          scopeLogs: z
            .array(
              z.looseObject({
                scope: z.looseObject({}).optional(),
                logRecords: z.array(z.looseObject({})).optional(),
              }),
            )
            .optional(),
        }),
      )
      .optional()
      .meta({ description: "As opentelemetry-proto defines it, with up to 1,000 log records in all." }),
  })
  .meta({ id: "ExportLogsServiceRequest" });

const responseSchema = z
  .looseObject({
    partialSuccess: z
      .looseObject({
        rejectedLogRecords: z.string().meta({ description: "Their number, a 64-bit integer as text." }),
        errorMessage: z.string(),
      })
      .optional()
      .meta({ description: "Absent if all log records were accepted." }),
  })
  .meta({ id: "ExportLogsServiceResponse" });

const statusSchema = z
  .looseObject({
    code: z.int().meta({ description: "A `google.rpc.Code`." }),
    message: z.string(),
    details: z.array(z.looseObject({ "@type": z.string() })).optional(),
  })
  .meta({ id: "Status", description: "A `google.rpc.Status`." });

export const sendLogs = operation({
  method: "POST",
  path: "/v1/logs",
  function: "ingest",
  summary: "Send logs (OTLP/HTTP)",
  description:
    "OpenTelemetry's protocol for logs, in protobuf or JSON; up to 1 MiB after decompression (gzip is supported). Responses and errors have the encoding of the request. A 200 means that the log records are queued durably, except those that `partialSuccess` counts. Sending the same request again is always safe. The key may also be a bearer token in `Authorization`.",
  scopes: ["ingest"],
  bearer: true,
  checkedByUseCase: true,
  cors: true,
  query: z.strictObject({}),
  body: requestSchema,
  bodyTypes: [JSON_TYPE],
  bodySchemas: { [PROTOBUF_TYPE]: bytes },
  responses: { 200: responseSchema },
  responseType: [JSON_TYPE, PROTOBUF_TYPE],
  // A problem document only if the server has too many requests in progress to read this one.
  errorSchemas: {
    [JSON_TYPE]: statusSchema,
    [PROTOBUF_TYPE]: bytes,
    "application/problem+json": problemSchema,
  },
  problems: [
    "invalid-json",
    "invalid-encoding",
    "malformed-request",
    "origin-not-allowed",
    "payload-too-large",
    "unsupported-media-type",
    "rate-limited",
    "queue-full",
    "queue-unavailable",
  ],
});
