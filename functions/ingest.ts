/** POST /v1/events: accepts events. */

import { getDeps } from "../lib/app/connect-once.ts";
import { httpHandler } from "../lib/app/handler.ts";
import { serve } from "../lib/http/call.ts";
import { sendEvents } from "../lib/ingest/contract.ts";
import { ingest } from "../lib/ingest/ingest.ts";

export const handler = httpHandler(getDeps, [serve(sendEvents, (call) => ingest(call))]);
