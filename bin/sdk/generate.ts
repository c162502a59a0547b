/** Generates the TypeScript SDK's types and its table of operations from the OpenAPI document. */
import { createRequire, registerHooks } from "node:module";
import { pathToFileURL } from "node:url";
import type { OpenAPI3 } from "openapi-typescript";
import { openApiDocument } from "../../lib/app/openapi.ts";

const HEADER = "/** Generated from the OpenAPI document by `npm run sdk:types`. Do not edit. */\n";

/** The name that Zod gives to the schema of any JSON value. */
const ANY_JSON = "/__schema0";

/** @returns the text of each generated file, by its name in the SDK's `src` */
export async function generateSdk(): Promise<Record<string, string>> {
  const document = withoutPages(openApiDocument());
  return {
    "generated/openapi.ts": `${HEADER}${await types(document as unknown as OpenAPI3)}`,
    "generated/operations.ts": `${HEADER}${operationTable(document)}`,
  };
}

type Document = ReturnType<typeof openApiDocument>;

/** Leaves out what only browsers load. */
function withoutPages(document: Document): Document {
  const isPage = (path: object): boolean =>
    Object.values(path).some((operation) => {
      const { tags, responses } = operation as { tags: string[]; responses: { 200?: { content?: object } } };
      return tags.includes("Pages") && !Object.hasOwn(responses[200]?.content ?? {}, "application/json");
    });
  const paths = Object.entries(document.paths ?? {}).filter(([, path]) => !isPage(path));
  return { ...document, paths: Object.fromEntries(paths) };
}

async function types(document: OpenAPI3): Promise<string> {
  const { default: generate, astToString, UNKNOWN } = await loadGenerator();
  // The generator would define any JSON value as a type alias that refers to itself, which TypeScript rejects.
  const transform = (_: unknown, { path }: { path?: string }) =>
    path?.endsWith(ANY_JSON) ? UNKNOWN : undefined;
  return astToString(await generate(document, { alphabetize: true, defaultNonNullable: false, transform }));
}

/**
 * The generator builds TypeScript's syntax tree with the JavaScript API of TypeScript 5, which TypeScript 7 lacks. It gets the
 * copy that @arethetypeswrong/core depends on.
 */
async function loadGenerator(): Promise<typeof import("openapi-typescript")> {
  const checker = createRequire(import.meta.url).resolve("@arethetypeswrong/core/package.json");
  const typescript = pathToFileURL(createRequire(checker).resolve("typescript")).href;
  const hooks = registerHooks({
    resolve: (name, context, next) =>
      name === "typescript" ? { url: typescript, shortCircuit: true } : next(name, context),
  });
  try {
    return await import("openapi-typescript");
  } finally {
    hooks.deregister();
  }
}

/** Method and path by operation id: what types do not have at run time. */
function operationTable(document: Document): string {
  const entries = Object.entries(document.paths ?? {}).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => {
      const { operationId } = operation as { operationId: string };
      return `  ${operationId}: ["${method.toUpperCase()}", "${path}"],\n`;
    }),
  );
  return `export const paths = {\n${entries.toSorted().join("")}} as const;\n`;
}
