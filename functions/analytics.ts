/** Queries: the key in use, receipts, single events, lists, exports, analytics, queries in parts, and the state of the pipeline. */

import * as analytics from "../lib/analytics/contract.ts";
import { countEvents, getLatency, groupEvents } from "../lib/analytics/count.ts";
import { getFunnel } from "../lib/analytics/funnel.ts";
import * as properties from "../lib/analytics/properties-contract.ts";
import { getSeries } from "../lib/analytics/series.ts";
import { getTop } from "../lib/analytics/top.ts";
import { getUniques } from "../lib/analytics/uniques.ts";
import { getConnectedDeps } from "../lib/app/connect-once.ts";
import { httpHandler } from "../lib/app/handler.ts";
import * as auth from "../lib/auth/contract.ts";
import { getOwnKey } from "../lib/auth/own-key.ts";
import * as events from "../lib/events/contract.ts";
import { getEvent } from "../lib/events/events.ts";
import { exportEvents } from "../lib/events/export.ts";
import * as exports from "../lib/events/export-contract.ts";
import { listEvents } from "../lib/events/list.ts";
import { getPipeline } from "../lib/events/pipeline.ts";
import { getReceipt } from "../lib/events/receipts.ts";
import { serve } from "../lib/http/call.ts";
import * as metersContract from "../lib/meters/contract.ts";
import { getMeter, listMeters } from "../lib/meters/meters.ts";
import * as queries from "../lib/queries/contract.ts";
import { createQuery, deleteQuery, getQuery, listQueries } from "../lib/queries/queries.ts";

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
  serve(queries.createQuery, createQuery),
  serve(queries.getQuery, getQuery),
  serve(queries.listQueries, listQueries),
  serve(queries.deleteQuery, deleteQuery),
  serve(metersContract.listMeters, listMeters),
  serve(metersContract.getMeter, getMeter),
  serve(events.getPipeline, getPipeline),
  serve(auth.getOwnKey, getOwnKey),
]);
