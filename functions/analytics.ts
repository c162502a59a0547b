/** Questions about events: single ones, lists, numbers, and how the pipeline is doing. */
import { countEvents, getLatency, groupEvents } from "../lib/analytics.ts";
import { httpHandler, serve } from "../lib/api.ts";
import * as analytics from "../lib/contract/analytics.ts";
import * as events from "../lib/contract/events.ts";
import { getDeps } from "../lib/deps-once.ts";
import { getEvent, listEvents } from "../lib/events.ts";
import { getPipeline } from "../lib/pipeline.ts";
import { getReceipt } from "../lib/receipts.ts";
import { getSeries } from "../lib/series.ts";

export const handler = httpHandler(getDeps, [
  serve(events.getReceipt, getReceipt),
  serve(events.listEvents, listEvents),
  serve(events.getEvent, getEvent),
  serve(analytics.countEvents, countEvents),
  serve(analytics.groupEvents, groupEvents),
  serve(analytics.getSeries, getSeries),
  serve(analytics.getLatency, getLatency),
  serve(events.getPipeline, getPipeline),
]);
