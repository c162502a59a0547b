import { openApiDocument } from "./openapi.ts";

/** The OpenAPI document as JSON text. Bundles hold the text, not its generator: serverless/esbuild-plugins.cjs. */
export const openApiText: string = JSON.stringify(openApiDocument());
