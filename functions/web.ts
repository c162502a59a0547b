/**
 * Serves the OpenAPI document, the dashboard and the documentation, and answers every path and method that no other function
 * has.
 */

import { pathToFileURL } from "node:url";
import { getDeps } from "../lib/app/connect-once.ts";
import { answerOthers, errorPage } from "../lib/app/fallback.ts";
import { httpHandler } from "../lib/app/handler.ts";
import { openApiText } from "../lib/app/openapi-text.ts";
import { serve } from "../lib/http/call.ts";
import { json } from "../lib/http/gateway.ts";
import * as contract from "../lib/pages/contract.ts";
import { findPage, prefersHtml, servePage } from "../lib/pages/pages.ts";

/** The content is the same for everybody until the next deployment. */
const CACHED = { "cache-control": "public, max-age=300" };

/**
 * Of the built pages: beside the sources and in the function's package, beside a bundled server, or, in serverless-offline,
 * which bundles elsewhere, in the project's folder.
 */
const FOLDERS = [
  new URL("../web/dist/", import.meta.url),
  new URL("./pages/", import.meta.url),
  new URL("web/dist/", pathToFileURL(`${process.cwd()}/`)),
];

export const handler = httpHandler(
  getDeps,
  [
    serve(contract.getOpenApi, async () => json(200, openApiText, CACHED)),
    serve(contract.getRoot, async () => ({ status: 302, headers: { location: "/dashboard" }, body: "" })),
    serve(contract.getDashboard, ({ request }) => servePage(FOLDERS, "/dashboard", request)),
    // The page reads the view from its own URL.
    serve(contract.getDashboardView, ({ request }) => servePage(FOLDERS, "/dashboard", request)),
    serve(contract.getDocs, ({ request }) => servePage(FOLDERS, "/docs", request)),
    serve(contract.getDocsPage, ({ request, params }) => servePage(FOLDERS, `/docs/${params.page}`, request)),
    serve(contract.getAsset, ({ request, params }) => servePage(FOLDERS, `/assets/${params.name}`, request)),
    serve(contract.getErrorPage, async ({ request, params }) => {
      const markdown = errorPage(params.code);
      const page = prefersHtml(request)
        ? await findPage(FOLDERS, `/docs/errors/${params.code}`, request)
        : undefined;
      if (page) return { ...page, headers: { ...page.headers, vary: "accept, accept-encoding" } };
      const headers = { ...CACHED, vary: "accept", "content-type": "text/markdown; charset=utf-8" };
      return { status: 200, headers, body: markdown };
    }),
  ],
  async ({ request }) => answerOthers(request),
);
