/** Questions about events: single ones, lists, numbers, and how the pipeline is doing. */
import { countEvents, getLatency, groupEvents } from "../lib/analytics.ts";
import { httpHandler, serve } from "../lib/api.ts";
import * as analytics from "../lib/contract/analytics.ts";
import * as events from "../lib/contract/events.ts";
import * as exports from "../lib/contract/export.ts";
import * as properties from "../lib/contract/properties.ts";
import { getConnectedDeps } from "../lib/deps-once.ts";
import { getEvent, listEvents } from "../lib/events.ts";
import { exportEvents } from "../lib/export-events.ts";
import { getFunnel } from "../lib/funnel.ts";
import { getPipeline } from "../lib/pipeline.ts";
import { getReceipt } from "../lib/receipts.ts";
import { getSeries } from "../lib/series.ts";
import { getTop } from "../lib/top.ts";
import { getUniques } from "../lib/uniques.ts";

export const handler = httpHandler(getConnectedDeps, [
  serve(events.getReceipt, getReceipt),
  serve(events.listEvents, listEvents),
  serve(exports.exportEvents, exportEvents),
  serve(events.getEvent, getEvent),
  serve(analytics.countEvents, countEvents),
  serve(analytics.groupEvents, groupEvents),
  serve(analytics.getSeries, getSeries),
  serve(analytics.getLatency, getLatency),
  serve(properties.getTop, getTop),
  serve(properties.getUniques, getUniques),
  serve(properties.getFunnel, getFunnel),
  serve(events.getPipeline, getPipeline),
]);
