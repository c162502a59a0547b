/** POST /v1/events: events in, 202 out. */

import { getDeps } from "../lib/app/connect-once.ts";
import { httpHandler, serve } from "../lib/app/handler.ts";
import { sendEvents } from "../lib/events/contract.ts";
import { ingest } from "../lib/ingest/ingest.ts";

export const handler = httpHandler(getDeps, [serve(sendEvents, ingest)]);
