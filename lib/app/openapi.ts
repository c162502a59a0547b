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

const DESCRIPTION = `Weir accepts events over HTTP, queues them durably, stores each exactly once, answers queries about them, and records every call.

Every response has \`X-Request-Id\`, \`X-Content-Type-Options: nosniff\` and, unless it is the same for all callers,
\`Cache-Control: no-store\`. Errors are problem details (RFC 9457); \`type\` links to a page that explains what to
do. An unknown path returns 404; a method that a path does not support returns 405 with \`Allow\`.`;

const tags = [
  { name: "Events", description: "Send events, and read them back." },
  {
    name: "Analytics",
    description:
      "Count events. Every response states how fresh it is, and is exact unless it states an error margin.",
  },
  { name: "Meters", description: "Declare what is kept ready to be summed." },
  { name: "Audit", description: "Who called what, with proofs." },
  { name: "Health", description: "Health checks." },
  { name: "Clients", description: "Clients and their API keys." },
  { name: "Quarantine", description: "Events that could not be stored." },
  { name: "Erasure", description: "Erase one subject's payloads." },
  { name: "Webhooks", description: "Deliveries of GitHub, Stripe and Standard Webhooks." },
  { name: "Segment", description: "The HTTP API of Segment, for its SDKs." },
  { name: "Pages", description: "The dashboard, the documentation, and the OpenAPI document." },
] as const;
type Tag = (typeof tags)[number]["name"];

/** By the first segment of the path after the version. */
const tagOf: Readonly<Record<string, Tag>> = {
  events: "Events",
  logs: "Events",
  webhooks: "Webhooks",
  receipts: "Events",
  pipeline: "Events",
  analytics: "Analytics",
  queries: "Analytics",
  meters: "Meters",
  audit: "Audit",
  health: "Health",
  clients: "Clients",
  key: "Clients",
  quarantine: "Quarantine",
  erasures: "Erasure",
  track: "Segment",
  identify: "Segment",
  page: "Segment",
  screen: "Segment",
  group: "Segment",
  alias: "Segment",
  batch: "Segment",
  import: "Segment",
  t: "Segment",
  i: "Segment",
  p: "Segment",
  s: "Segment",
  g: "Segment",
  a: "Segment",
  b: "Segment",
  projects: "Segment",
  "": "Pages",
  dashboard: "Pages",
  docs: "Pages",
  assets: "Pages",
  "openapi.json": "Pages",
};

/** No operation refers to it: it describes the response to methods that a path does not have. */
const methodNotAllowed: ZodOpenApiResponseObject = {
  description: `\`method-not-allowed\`: ${problemTypes["method-not-allowed"].title}`,
  headers: { "X-Request-Id": refer("RequestId"), Allow: refer("Allow") },
  content: { "application/problem+json": { schema: problemSchema } },
};

const components: ZodOpenApiComponentsObject = {
  headers,
  securitySchemes: {
    ApiKeyAuth: {
      type: "apiKey",
      in: "header",
      name: "X-API-Key",
      description:
        "A key has one or more of the scopes ingest, read, audit and admin; admin includes the others.",
    },
    BearerAuth: { type: "http", scheme: "bearer", description: "The same key as a bearer token." },
  },
};

/** @throws if the path of an operation has no tag */
export function openApiDocument(): Document {
  const paths: ZodOpenApiPathsObject = {};
  const shared = new SharedResponses();
  // Sorted, since their order depends on the module loader, and the names of shared responses on their order.
  for (const [id, operation] of Object.entries(operations).toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const method = operation.method.toLowerCase() as Lowercase<Operation["method"]>;
    paths[operation.path] = { ...paths[operation.path], [method]: describe(id, operation, shared) };
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
      components: { ...components, responses: { MethodNotAllowed: methodNotAllowed, ...shared.byName } },
    },
    { override: withoutSafeBounds },
  );
}

/** Removes the bounds of safe integers that Zod adds to every integer: they tell a reader nothing. */
function withoutSafeBounds({ jsonSchema }: ZodOpenApiOverrideContext): void {
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
}

/** Responses that operations have in common; they would be more than half of the document. */
class SharedResponses {
  readonly byName: Record<string, ZodOpenApiResponseObject> = {};
  readonly #names = new Map<string, string>();

  /** @returns a reference to an equal response */
  refer(status: number, response: ZodOpenApiResponseObject): { $ref: string } {
    const types = Object.keys(response.content ?? {});
    const content = JSON.stringify([status, response.description, response.headers, types]);
    const name = this.#names.get(content) ?? this.#newName(status);
    this.#names.set(content, name);
    this.byName[name] = response;
    return { $ref: `#/components/responses/${name}` };
  }

  /** `NotFound`, `NotFound2`, … */
  #newName(status: number): string {
    const stem = (STATUS_CODES[status] ?? "").replaceAll(/\W/g, "");
    const others = Object.keys(this.byName).filter((name) => name.replace(/\d+$/, "") === stem).length;
    return others === 0 ? stem : `${stem}${others + 1}`;
  }
}

function describe(
  operationId: string,
  operation: Operation,
  shared: SharedResponses,
): ZodOpenApiOperationObject {
  const { params, query, headers: header, scopes, bearer, summary } = operation;
  const requestParams = {
    ...(params && { path: params }),
    ...(query && { query }),
    ...(header && { header }),
  };
  const unkeyed = operation.signed ? "Requires a valid signature; no key." : "Requires no key.";
  const needs = scopes.length > 0 ? `Requires the scope ${scopes.join(" or ")}.` : unkeyed;
  return {
    operationId,
    tags: [tagNamed(operation)],
    summary,
    description: operation.description === undefined ? needs : `${operation.description} ${needs}`,
    // One requirement for each scope: any of them suffices.
    security: scopes.flatMap((scope) => [
      { ApiKeyAuth: [scope] },
      ...(bearer ? [{ BearerAuth: [scope] }] : []),
    ]),
    ...(Object.keys(requestParams).length > 0 && { requestParams }),
    ...(operation.body && { requestBody: requestBody(operation) }),
    responses: responses(operation, shared),
  };
}

function tagNamed({ path }: Operation): Tag {
  const tag = tagOf[path.replace("/v1", "").split("/")[1] ?? ""];
  if (tag === undefined) throw new Error(`${path} has no tag in the OpenAPI document.`);
  return tag;
}

function requestBody({
  body,
  bodyTypes = ["application/json"],
  bodySchemas = {},
}: Operation): ZodOpenApiRequestBodyObject {
  const lines = { type: "string", description: "One JSON object per line." } as const;
  const content = bodyTypes.map((type) => [type, { schema: type.endsWith("/json") && body ? body : lines }]);
  const others = Object.entries(bodySchemas).map(([type, schema]) => [type, { schema }]);
  return { required: true, content: Object.fromEntries([...content, ...others]) };
}

function responses(operation: Operation, shared: SharedResponses): ZodOpenApiOperationObject["responses"] {
  const types = [operation.responseType ?? "application/json"].flat();
  const errorSchemas = operation.errorSchemas ?? { "application/problem+json": problemSchema };
  const errors = Object.fromEntries(Object.entries(errorSchemas).map(([type, schema]) => [type, { schema }]));
  const all: Record<string, ZodOpenApiResponseObject> = {};
  const problems: Record<string, { $ref: string }> = {};
  for (const [status, schema] of Object.entries(operation.responses)) {
    all[status] = {
      description: STATUS_CODES[status] ?? "",
      headers: headersOf(operation, Number(status), false),
      ...(schema && { content: Object.fromEntries(types.map((type) => [type, { schema }])) }),
    };
  }
  for (const [status, codes] of Map.groupBy(problemsOf(operation), (code) => problemTypes[code].status)) {
    const own = all[status];
    const list = codes.map((code) => `- [\`${code}\`](${problemUri(code)}): ${problemTypes[code].title}`);
    const response: ZodOpenApiResponseObject = {
      description: [own?.description ?? STATUS_CODES[status], "", ...list].join("\n"),
      headers: { ...own?.headers, ...headersOf(operation, status, true) },
      content: { ...own?.content, ...errors },
    };
    if (own) all[status] = response;
    else problems[status] = shared.refer(status, response);
  }
  return { ...all, ...problems };
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
  codes.add("internal-error").add("overloaded").add("timeout");
  return [...codes];
}
