/** The operation that exports events as a file. */
import * as z from "zod";
import { exportFormats, MAX_EXPORTED } from "../http/download.ts";
import { intParam, pageQuery, rangeQuery } from "../http/fields.ts";
import { operation } from "../http/operation.ts";
import { whereQuery } from "../query/fields.ts";

export const exportEvents = operation({
  method: "GET",
  path: "/v1/events/export",
  function: "analytics",
  summary: "Export events as a file, newest first, in pieces",
  description:
    "Each response is a piece of at most about 4 MB; concatenated, the pieces are the file. NDJSON has one event per line, in the format of the list. CSV (RFC 4180) has its header line in the first piece only, and `traceparent` as its last column; text that a spreadsheet might interpret as a formula, or that begins with an apostrophe, is prefixed with an apostrophe.",
  scopes: ["read"],
  query: z.strictObject({
    format: z.enum(exportFormats).default("ndjson"),
    ...rangeQuery,
    where: whereQuery,
    limit: intParam(1, MAX_EXPORTED, MAX_EXPORTED).meta({ description: "Maximum events per piece." }),
    cursor: pageQuery.cursor,
  }),
  responses: { 200: z.string() },
  responseType: ["application/x-ndjson", "text/csv"],
  download: true,
  problems: ["query-too-broad"],
});
