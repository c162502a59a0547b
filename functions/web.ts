/** Serves the OpenAPI document and error pages, and answers every path and method that no other function has. */

import { getDeps } from "../lib/app/connect-once.ts";
import * as contract from "../lib/app/contract.ts";
import { errorPage, refuse } from "../lib/app/fallback.ts";
import { httpHandler } from "../lib/app/handler.ts";
import { openApiText } from "../lib/app/openapi-text.ts";
import { serve } from "../lib/http/call.ts";
import { json } from "../lib/http/gateway.ts";

/** The content is the same for everybody until the next deployment. */
const CACHED = { "cache-control": "public, max-age=300" };

export const handler = httpHandler(
  getDeps,
  [
    serve(contract.getOpenApi, async () => json(200, openApiText, CACHED)),
    serve(contract.getErrorPage, async ({ params }) => ({
      status: 200,
      headers: { ...CACHED, "content-type": "text/markdown; charset=utf-8" },
      body: errorPage(params.code),
    })),
  ],
  async ({ request }) => refuse(request),
);
