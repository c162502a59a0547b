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
  summary: "Events as a file, newest first, piece by piece",
  description:
    "Each answer is a piece of about 4 MB at the most; put one after the other they are the file. NDJSON has an event a line, as the list shows it. CSV (RFC 4180) has its header line in the first piece alone; a text that a spreadsheet might take for a formula, or that begins with an apostrophe, has an apostrophe before it.",
  scopes: ["read"],
  query: z.strictObject({
    format: z.enum(exportFormats).default("ndjson"),
    ...rangeQuery,
    where: whereQuery,
    limit: intParam(1, MAX_EXPORTED, MAX_EXPORTED).meta({ description: "Most events a piece." }),
    cursor: pageQuery.cursor,
  }),
  responses: { 200: z.string() },
  responseType: ["application/x-ndjson", "text/csv"],
  download: true,
  problems: ["query-too-broad"],
});
