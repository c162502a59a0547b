/** Generates the OpenAPI document from the operations that also route and validate calls. */
import { STATUS_CODES } from "node:http";
import {
  createDocument,
  type ZodOpenApiComponentsObject,
  type ZodOpenApiOperationObject,
  type ZodOpenApiOverrideContext,
  type ZodOpenApiPathsObject,
  type ZodOpenApiRequestBodyObject,
  type ZodOpenApiResponseObject,
} from "zod-openapi";
import { version } from "../base/version.ts";
import type { Operation } from "../http/operation.ts";
import { type ProblemCode, problemTypes, problemUri } from "../http/problem.ts";
import { problemSchema } from "../http/problem-schema.ts";
import { headers, headersOf, refer } from "./openapi-headers.ts";
import { operations } from "./operations.ts";

type Document = ReturnType<typeof createDocument>;

const DESCRIPTION = `Every event answered at once, queued, stored exactly once, counted, and every call on record.

Every answer carries \`X-Request-Id\`, \`X-Content-Type-Options: nosniff\` and, unless it is the same for everybody,
\`Cache-Control: no-store\`. Errors are problem details (RFC 9457); \`type\` leads to a page that says what to
do. A path that is not here answers 404, another method of a path 405 with \`Allow\`.`;

const tags = [
  { name: "Events", description: "Send events, and read them back." },
  {
    name: "Analytics",
    description: "Count events. Every answer says how fresh it is, and is exact unless it says otherwise.",
  },
  { name: "Audit", description: "Who called what, and the proof that it was so." },
  { name: "Health", description: "Is it well?" },
  { name: "Clients", description: "Clients and their API keys." },
  { name: "Quarantine", description: "Events that could not be stored." },
  { name: "Erasure", description: "Take one subject's data out of the payloads." },
  { name: "Documentation", description: "This document, and a page for every problem." },
] as const;
type Tag = (typeof tags)[number]["name"];

/** By the first segment of the path after the version. */
const tagOf: Readonly<Record<string, Tag>> = {
  events: "Events",
  receipts: "Events",
  pipeline: "Events",
  analytics: "Analytics",
  audit: "Audit",
  health: "Health",
  clients: "Clients",
  quarantine: "Quarantine",
  erasures: "Erasure",
  docs: "Documentation",
  "openapi.json": "Documentation",
};

const components: ZodOpenApiComponentsObject = {
  headers,
  responses: {
    // No operation refers to it: it describes the response to methods that a path does not have.
    MethodNotAllowed: {
      description: `\`method-not-allowed\`: ${problemTypes["method-not-allowed"].title}`,
      headers: { "X-Request-Id": refer("RequestId"), Allow: refer("Allow") },
      content: { "application/problem+json": { schema: problemSchema } },
    },
  },
  securitySchemes: {
    ApiKeyAuth: {
      type: "apiKey",
      in: "header",
      name: "X-API-Key",
      description: "A key has scopes out of ingest, read, audit and admin; admin includes the others.",
    },
  },
};

/** @throws if the path of an operation has no tag */
export function openApiDocument(): Document {
  const paths: ZodOpenApiPathsObject = {};
  for (const [id, operation] of Object.entries(operations)) {
    const method = operation.method.toLowerCase() as Lowercase<Operation["method"]>;
    paths[operation.path] = { ...paths[operation.path], [method]: describe(id, operation) };
  }
  return createDocument(
    {
      openapi: "3.1.1",
      info: {
        title: "Weir",
        version,
        description: DESCRIPTION,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      servers: [{ url: "/" }],
      tags: [...tags],
      paths,
      components,
    },
    { override: withoutSafeBounds },
  );
}

/** Removes the bounds of safe integers that Zod adds to every integer: they tell a reader nothing. */
function withoutSafeBounds({ jsonSchema }: ZodOpenApiOverrideContext): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

function describe(operationId: string, operation: Operation): ZodOpenApiOperationObject {
  const { params, query, scopes, summary } = operation;
  const requestParams = { ...(params && { path: params }), ...(query && { query }) };
  const needs = scopes.length > 0 ? `Needs the scope ${scopes.join(" or ")}.` : "Needs no key.";
  return {
    operationId,
    tags: [tagNamed(operation)],
    summary,
    description: operation.description === undefined ? needs : `${operation.description} ${needs}`,
    // One requirement for each scope: any of them suffices.
    security: scopes.map((scope) => ({ ApiKeyAuth: [scope] })),
    ...(Object.keys(requestParams).length > 0 && { requestParams }),
    ...(operation.body && { requestBody: requestBody(operation) }),
    responses: responses(operation),
  };
}

function tagNamed({ path }: Operation): Tag {
  const tag = tagOf[path.replace("/v1", "").split("/")[1] ?? ""];
  if (tag === undefined) throw new Error(`${path} has no tag in the OpenAPI document.`);
  return tag;
}

function requestBody({ body, bodyTypes = ["application/json"] }: Operation): ZodOpenApiRequestBodyObject {
  const lines = { type: "string", description: "One item a line, each a JSON object." } as const;
  const content = bodyTypes.map((type) => [type, { schema: type.endsWith("/json") && body ? body : lines }]);
  return { required: true, content: Object.fromEntries(content) };
}

function responses(operation: Operation): ZodOpenApiOperationObject["responses"] {
  const types = [operation.responseType ?? "application/json"].flat();
  const all: Record<string, ZodOpenApiResponseObject> = {};
  for (const [status, schema] of Object.entries(operation.responses)) {
    all[status] = {
      description: STATUS_CODES[status] ?? "",
      headers: headersOf(operation, Number(status), false),
      ...(schema && { content: Object.fromEntries(types.map((type) => [type, { schema }])) }),
    };
  }
  for (const [status, codes] of Map.groupBy(problemsOf(operation), (code) => problemTypes[code].status)) {
    const own = all[status];
    const problems = codes.map((code) => `- [\`${code}\`](${problemUri(code)}): ${problemTypes[code].title}`);
    all[status] = {
      description: [own?.description ?? STATUS_CODES[status], "", ...problems].join("\n"),
      headers: { ...own?.headers, ...headersOf(operation, status, true) },
      content: { ...own?.content, "application/problem+json": { schema: problemSchema } },
    };
  }
  return all;
}

/** The operation's own problems, and those that its parameters and scopes imply. */
function problemsOf({ params, query, scopes, problems = [] }: Operation): ProblemCode[] {
  const codes = new Set<ProblemCode>(problems);
  if (params || query) codes.add("invalid-parameter");
  if (scopes.length > 0) {
    // database-unavailable: a key that is not cached is read from the database.
    const ofKeys = [
      "missing-api-key",
      "invalid-api-key",
      "expired-api-key",
      "revoked-api-key",
      "insufficient-scope",
      "client-inactive",
      "database-unavailable",
    ] as const;
    for (const code of ofKeys) codes.add(code);
  }
  codes.add("internal-error").add("timeout");
  return [...codes];
}
