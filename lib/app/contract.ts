/** Operations that serve documentation. */
import * as z from "zod";
import { operation } from "../http/operation.ts";

export const getOpenApi = operation({
  method: "GET",
  path: "/openapi.json",
  function: "web",
  summary: "The OpenAPI document",
  scopes: [],
  responses: { 200: z.looseObject({ openapi: z.string() }) },
});

export const getErrorPage = operation({
  method: "GET",
  path: "/docs/errors/{code}",
  function: "web",
  summary: "Documentation of a problem type",
  scopes: [],
  params: z.object({ code: z.string() }),
  responses: { 200: z.string() },
  responseType: "text/markdown",
  problems: ["not-found"],
});
