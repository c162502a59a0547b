/** POST /v1/events: events in, 202 out. */
import { httpHandler, serve } from "../lib/api.ts";
import { sendEvents } from "../lib/contract/events.ts";
import { getDeps } from "../lib/deps-once.ts";
import { ingest } from "../lib/ingest.ts";

export const handler = httpHandler(getDeps, [serve(sendEvents, ingest)]);
