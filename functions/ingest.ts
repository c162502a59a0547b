/** Accepts events: POST /v1/events, the calls of Segment's HTTP API, POST /v1/logs for OTLP, and webhooks. */

import { getDeps } from "../lib/app/connect-once.ts";
import { httpHandler } from "../lib/app/handler.ts";
import { serve } from "../lib/http/call.ts";
import { sendEvents } from "../lib/ingest/contract.ts";
import { ingest } from "../lib/ingest/ingest.ts";
import { sendLogs } from "../lib/ingest/otlp/contract.ts";
import { receiveLogs, refuseLogs } from "../lib/ingest/otlp/otlp.ts";
import * as segment from "../lib/ingest/segment/contract.ts";
import { getSettings, receiveCalls } from "../lib/ingest/segment/segment.ts";
import { receiveWebhook } from "../lib/ingest/webhooks/contract.ts";
import { receiveDelivery } from "../lib/ingest/webhooks/webhooks.ts";

export const handler = httpHandler(getDeps, [
  serve(sendEvents, (call) => ingest(call)),
  serve(sendLogs, receiveLogs, refuseLogs),
  serve(receiveWebhook, receiveDelivery),
  serve(segment.sendTrack, (call) => receiveCalls(call, "track")),
  serve(segment.sendIdentify, (call) => receiveCalls(call, "identify")),
  serve(segment.sendPage, (call) => receiveCalls(call, "page")),
  serve(segment.sendScreen, (call) => receiveCalls(call, "screen")),
  serve(segment.sendGroup, (call) => receiveCalls(call, "group")),
  serve(segment.sendAlias, (call) => receiveCalls(call, "alias")),
  serve(segment.sendBatch, (call) => receiveCalls(call)),
  serve(segment.sendImport, (call) => receiveCalls(call)),
  serve(segment.sendTrackShort, (call) => receiveCalls(call, "track")),
  serve(segment.sendIdentifyShort, (call) => receiveCalls(call, "identify")),
  serve(segment.sendPageShort, (call) => receiveCalls(call, "page")),
  serve(segment.sendScreenShort, (call) => receiveCalls(call, "screen")),
  serve(segment.sendGroupShort, (call) => receiveCalls(call, "group")),
  serve(segment.sendAliasShort, (call) => receiveCalls(call, "alias")),
  serve(segment.sendBatchShort, (call) => receiveCalls(call)),
  serve(segment.getSettings, getSettings),
]);
