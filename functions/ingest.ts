/** Accepts events: POST /v1/events, and POST /v1/logs for OTLP. */

import { getDeps } from "../lib/app/connect-once.ts";
import { httpHandler } from "../lib/app/handler.ts";
import { serve } from "../lib/http/call.ts";
import { sendEvents } from "../lib/ingest/contract.ts";
import { ingest } from "../lib/ingest/ingest.ts";
import { sendLogs } from "../lib/ingest/otlp/contract.ts";
import { receiveLogs, refuseLogs } from "../lib/ingest/otlp/otlp.ts";

export const handler = httpHandler(getDeps, [
  serve(sendEvents, (call) => ingest(call)),
  serve(sendLogs, receiveLogs, refuseLogs),
]);
