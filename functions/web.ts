/** Pages for people and tools, and the answer to every path and method that no other function has. */
import { httpHandler, serve } from "../lib/api.ts";
import * as contract from "../lib/contract/web.ts";
import { getDeps } from "../lib/deps-once.ts";
import { json } from "../lib/http.ts";
import { openApiText } from "../lib/openapi-text.ts";
import { errorPage, refuse } from "../lib/web.ts";

/** The same for everybody until the next deployment. */
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
