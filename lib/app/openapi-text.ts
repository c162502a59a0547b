import { openApiDocument } from "./openapi.ts";

/** The OpenAPI document as JSON text. A bundle holds the text and not what makes it: serverless/esbuild-plugins.cjs. */
export const openApiText: string = JSON.stringify(openApiDocument());
