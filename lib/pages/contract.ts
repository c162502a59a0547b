/** Operations that serve the OpenAPI document, the documentation and the dashboard. */
import * as z from "zod";
import { operation } from "../http/operation.ts";

const page = { responses: { 200: z.string() }, responseType: "text/html" } as const;

export const getOpenApi = operation({
  method: "GET",
  path: "/openapi.json",
  function: "web",
  summary: "The OpenAPI document",
  scopes: [],
  responses: { 200: z.looseObject({ openapi: z.string() }) },
});

export const getRoot = operation({
  method: "GET",
  path: "/",
  function: "web",
  summary: "Redirect to the dashboard",
  scopes: [],
  responses: { 302: null },
});

export const getDashboard = operation({
  method: "GET",
  path: "/dashboard",
  function: "web",
  summary: "The dashboard",
  scopes: [],
  problems: ["not-found"],
  ...page,
});

export const getDashboardView = operation({
  method: "GET",
  path: "/dashboard/{view}",
  function: "web",
  summary: "The dashboard, opened at one of its views",
  scopes: [],
  params: z.object({ view: z.string() }),
  problems: ["not-found"],
  ...page,
});

export const getDocs = operation({
  method: "GET",
  path: "/docs",
  function: "web",
  summary: "The documentation",
  scopes: [],
  problems: ["not-found"],
  ...page,
});

export const getDocsPage = operation({
  method: "GET",
  path: "/docs/{page}",
  function: "web",
  summary: "A page of the documentation",
  scopes: [],
  params: z.object({ page: z.string() }),
  problems: ["not-found"],
  ...page,
});

export const getErrorPage = operation({
  method: "GET",
  path: "/docs/errors/{code}",
  function: "web",
  summary: "Documentation of a problem type: a page for browsers, otherwise Markdown",
  scopes: [],
  params: z.object({ code: z.string() }),
  responses: { 200: z.string() },
  responseType: ["text/markdown", "text/html"],
  problems: ["not-found"],
});

export const getAsset = operation({
  method: "GET",
  path: "/assets/{name}",
  function: "web",
  summary: "A file that a page loads; its content never changes",
  scopes: [],
  params: z.object({ name: z.string() }),
  responses: { 200: z.string() },
  responseType: "*/*",
  problems: ["not-found"],
});
